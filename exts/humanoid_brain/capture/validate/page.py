# SPDX-License-Identifier: Apache-2.0
"""The style sheet of the report."""

STYLE = """
:root { --ink: #1d2329; --soft: #5d6873; --line: #dfe3e7; --ground: #f6f7f8; --blue: #2f5d8a;
  --error: #b3261e; --warning: #9a6700; --note: #57606a; --good: #1a7f37; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.5 system-ui, "Segoe UI", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 24px 64px; }
header p { margin: 0; color: var(--soft); }
h1 { font-size: 26px; font-weight: 600; margin: 2px 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 17px; font-weight: 600; margin: 0 0 12px; }
h3 { font-size: 13px; font-weight: 600; margin: 0 0 8px; }
header .verdict { font-size: 15px; font-weight: 600; }
.verdict.error { color: var(--error); } .verdict.warning { color: var(--warning); }
.verdict.good { color: var(--good); }
section { background: #fff; border: 1px solid var(--line); border-radius: 6px; padding: 18px 20px; margin-top: 20px; }
.figures { display: flex; flex-wrap: wrap; gap: 12px 40px; margin-top: 16px; }
.figures div { display: flex; flex-direction: column; }
.figures b { font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures span { color: var(--soft); font-size: 12px; }
details { border-top: 1px solid var(--line); padding: 9px 0; }
details:last-child { padding-bottom: 0; }
summary { display: flex; gap: 12px; align-items: baseline; cursor: pointer; }
summary i { font-style: normal; font-size: 12px; width: 60px; color: var(--note); }
.error summary i { color: var(--error); font-weight: 600; }
.warning summary i { color: var(--warning); font-weight: 600; }
summary b { flex: 1; font-weight: 600; } summary span { font-variant-numeric: tabular-nums; }
.todo { margin: 4px 0 6px 72px; } .more { margin: 4px 0 0 72px; color: var(--soft); }
details table { margin-left: 72px; width: calc(100% - 72px); border-collapse: collapse; font-size: 13px; }
details td { padding: 3px 16px 3px 0; vertical-align: top; border-top: 1px solid #f0f2f4; overflow-wrap: anywhere; }
details td:first-child { width: 38%; color: var(--soft); }
.large { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 16px; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; }
figure { margin: 0; } figure img { width: 100%; display: block; border-radius: 3px; }
figcaption { color: var(--soft); font-size: 12px; margin-top: 3px; overflow-wrap: anywhere; }
.gone { background: #eceff1; color: var(--soft); padding: 40px 0; text-align: center; border-radius: 3px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 24px 32px; }
.columns { display: flex; align-items: flex-end; gap: 2px; height: 110px; border-bottom: 1px solid var(--line); }
.columns > div { flex: 1; height: 100%; display: flex; align-items: flex-end; }
.columns > div > div { width: 100%; background: var(--blue); }
.ticks { display: flex; gap: 2px; font-size: 10px; color: var(--soft); }
.ticks span { flex: 1; text-align: left; font-variant-numeric: tabular-nums; }
.bars { width: 100%; border-collapse: collapse; font-size: 13px; }
.bars th { text-align: left; font-weight: 400; padding: 2px 10px 2px 0; }
.bars td { text-align: right; font-variant-numeric: tabular-nums; padding: 2px 0 2px 10px; color: var(--soft); }
.bars td:nth-child(2) { width: 55%; } .bars td div { background: var(--blue); height: 11px; }
.map { width: 100%; max-width: 384px; border: 1px solid var(--line); }
"""
