"""How the page of a report looks: on a screen, on a phone and on paper."""

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; }
body { overflow-wrap: anywhere; } .number, .option { white-space: nowrap; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
table { border-collapse: collapse; font-size: 13px; width: 100%; }
td, th { padding: .25em .6em; border-bottom: 1px solid #ddd; text-align: left; }
td, th { vertical-align: top; overflow-wrap: normal; }
.name { min-width: 7em; }
.name, td[data-label="design"], td[data-label="remarks"] { overflow-wrap: anywhere; }
td[data-label="design"] > span { display: inline-block; }
td:first-child { white-space: nowrap; }
.pictures { display: flex; flex-wrap: wrap; gap: 1em; margin: 1em 0; }
figure { flex: 1 1 20em; min-width: 0; max-width: 36em; margin: 0; }
figure img { width: 100%; height: auto; } figcaption { font-size: 13px; color: #555; }
.verdict { font-size: 1.15em; font-weight: 600; } .far { background: #fde3e3; }
code, .sequence { font-family: ui-monospace, monospace; } .proposals b { color: #b03a3f; }
@media (max-width: 640px) {
  .proposals thead { display: none; }
  .proposals, .proposals tbody, .proposals tr, .proposals td { display: block; }
  .proposals tr { border: 1px solid #ccc; border-radius: 6px; margin: .7em 0; padding: .3em; }
  .proposals td { border: 0; padding: .15em .4em; overflow-wrap: anywhere; }
  .proposals td:empty { display: none; } .proposals td:first-child { font-weight: 600; }
  .proposals td:not(:first-child)::before { content: attr(data-label) ": "; color: #666; }
}
@media print {
  body { max-width: none; margin: 0; font-size: 10pt; } table { font-size: 8.5pt; }
  tr, figure { break-inside: avoid; } .wide tr { break-inside: auto; } h2 { break-after: avoid; }
  thead { display: table-header-group; } td[data-label="design"] > span { display: inline; }
  .far, .verdict { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
