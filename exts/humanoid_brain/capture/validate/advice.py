# SPDX-License-Identifier: Apache-2.0
"""For each kind of finding: its title in the report, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """How the report words a kind of finding."""

    title: str
    todo: str


_RECAPTURE = "Remove the frame's record in frames/ and resume the capture: it makes this frame again, the same."

ADVICE: dict[str, Advice] = {
    "missing_frame": Advice("Frames never captured", "Resume the capture; it makes the missing frames only."),
    "missing_file": Advice("Missing files", _RECAPTURE),
    "record": Advice("Damaged records", _RECAPTURE),
    "truncated": Advice("Truncated files", _RECAPTURE + " Copy the dataset again if this is a copy."),
    "checksum": Advice("Files that were changed", _RECAPTURE + " Copy the dataset again if this is a copy."),
    "unreadable": Advice("Files that are no images", "Write the picture again, or leave it out of the dataset."),
    "size": Advice("Pictures of another size", "Correct width and height of the entry, or restore the picture."),
    "path_outside": Advice("Paths that leave the dataset", "Do not use this dataset unless you trust who wrote it."),
    "malformed": Advice("Malformed entries", "Correct the entry in the annotation file."),
    "not_finished": Advice("Capture not finished", "Resume the capture to its end, or merge all of its shards."),
    "annotations_differ": Advice("Annotations edited or outdated", "Resume the capture: it writes the file anew."),
    "metadata_differ": Advice("Metadata edited or outdated", "Resume the capture: it writes the file anew."),
    "duplicate_id": Advice("Ids used twice", "Give each entry an id of its own."),
    "unknown_image": Advice("Annotations without an image", "Remove them, or add the image entries."),
    "unknown_category": Advice(
        "Annotations of an unlisted class", "List the class in 'categories', or correct the id."
    ),
    "stray": Advice("Files that belong to nothing", "Remove them, or move them elsewhere."),
    "black": Advice("Black pictures", "See whether a light was drawn at zero or the camera stood inside an object."),
    "blank": Advice("Blank pictures", "See whether the camera looks at a bare wall or the sky; narrow its range."),
    "label_free": Advice("Pictures without objects", "Keep some as negatives; else narrow the camera's range."),
    "unlabelled_pixels": Advice("Pixels without a class", "Give the prims that are in view a semantic label."),
    "masks_disagree": Advice("Masks and annotations disagree", "Capture the frame again; report it if it recurs."),
    "box_empty": Advice("Boxes without area", "Remove the annotation."),
    "box_outside": Advice("Boxes outside the picture", "Clip the box to the picture."),
    "tiny": Advice("Objects too small to learn from", "Raise the resolution, move the camera closer, or filter them."),
    "mask_box": Advice("Box and mask disagree", "Compute the box from the mask anew."),
    "mask_area": Advice("Area and mask disagree", "Compute the area from the mask anew."),
    "mask_empty": Advice("Empty masks", "Remove the annotation, or draw its mask."),
    "mask_damaged": Advice("Masks that cannot be decoded", "Write the mask again in the size of its picture."),
    "keypoint_count": Advice("Keypoints of the wrong number", "Write three values for each keypoint of the class."),
    "keypoint_off": Advice("Keypoints off the body", "See whether picture and pose are of the same moment."),
    "depth_not_finite": Advice("Depth that is not a number", "Capture the frame again; report it if it recurs."),
    "depth_empty": Advice("Depth infinite everywhere", "See whether the camera looks past the scene."),
    "depth_range": Advice("Implausible depth", "Check the unit of length, and the camera's near and far planes."),
    "duplicate": Advice("Pictures that occur twice", "Remove all but one: they weigh twice, and leak into validation."),
    "near_duplicate": Advice("Pictures that look alike", "Widen the randomization, or let more time pass in between."),
    "rare_class": Advice("Rare classes", "Place more of them, or weigh the class in training."),
    "absent_class": Advice("Classes without any object", "Place some, or take the class off the list."),
}
