// The look of the demo: one column, system fonts, light and dark, no asset from anywhere.

export const style = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #1b1f27; --soft: #59616f; --line: #dde1e8; --field: #868e9c;
  --accent: #3b4fd8; --on-accent: #ffffff; --tint: #eceffd; --bad: #b3261e; --bad-tint: #fdecea;
  --good: #17683a; --good-tint: #e5f4ea;
}
[data-tenant="globex"] { --accent: #0b7261; --tint: #e2f4f0; }
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12141a; --card: #1b1f27; --ink: #eceef3; --soft: #a3abba; --line: #323846; --field: #707a8d;
    --accent: #9aa8ff; --on-accent: #10131f; --tint: #272d4a; --bad: #ffb4ab; --bad-tint: #3d1f1d;
    --good: #8fd8a8; --good-tint: #16301f;
  }
  [data-tenant="globex"] { --accent: #6fd8c3; --on-accent: #06211c; --tint: #17362f; }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
h1, h2, p, ul, ol, dl, dd, pre { margin: 0; }
h1 { font-size: 1.375rem; line-height: 1.25; letter-spacing: -0.01em; }
h2 { font-size: 1.0625rem; line-height: 1.3; }
a { color: var(--accent); }
header { background: var(--card); border-bottom: 1px solid var(--line); border-top: 4px solid var(--accent); }
.brand { font-weight: 700; font-size: 1.125rem; line-height: 1.25; }
.tabs { display: flex; gap: 0.25rem 1.25rem; overflow-x: auto; scrollbar-width: none; }
.tabs a { padding-block: 0.5rem 0.625rem; color: var(--soft); text-decoration: none; font-weight: 600; font-size: 0.9375rem; border-bottom: 3px solid transparent; white-space: nowrap; }
.tabs a:hover { color: var(--ink); }
.tabs a[aria-current] { color: var(--accent); border-bottom-color: var(--accent); }
.tabs a:focus-visible { outline-offset: -3px; }
.bar, .tabs, main { width: min(44rem, 100%); margin-inline: auto; padding-inline: 1.25rem; }
.bar { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; justify-content: space-between; padding-block: 1rem 0.5rem; }
main { display: grid; gap: 1.25rem; padding-block: 1.5rem 3rem; }
main.narrow { width: min(26rem, 100%); padding-block-start: clamp(2rem, 10vh, 6rem); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem; display: grid; gap: 1rem; }
.heading { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: baseline; justify-content: space-between; }
.soft { color: var(--soft); font-size: 0.9375rem; }
.small { color: var(--soft); font-size: 0.875rem; overflow-wrap: anywhere; }
form { display: grid; gap: 1rem; }
label { display: grid; gap: 0.375rem; font-weight: 600; font-size: 0.9375rem; }
input, textarea, select {
  font: inherit; font-weight: 400; color: inherit; width: 100%; padding: 0.625rem 0.75rem;
  background: var(--ground); border: 1px solid var(--field); border-radius: 8px; min-height: 2.8125rem;
}
select { width: auto; max-width: 100%; }
textarea { resize: vertical; min-height: 4.5rem; }
button {
  font: inherit; font-weight: 600; min-height: 2.75rem; padding: 0.5rem 1.125rem; border-radius: 8px; cursor: pointer;
  border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent);
}
button.quiet { background: transparent; color: var(--accent); border-color: var(--line); }
button.slim { min-height: 2.25rem; padding: 0.25rem 0.875rem; font-size: 0.9375rem; }
button:hover { filter: brightness(1.08); }
button.quiet:hover { background: var(--tint); filter: none; }
button:disabled { opacity: 0.55; cursor: default; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.end { justify-self: end; }
.start { justify-self: start; }
.row { display: flex; flex-wrap: wrap; align-items: end; }
.row label { flex: 1 1 9rem; }
.row select { width: 100%; }
.inline { display: block; }
.bare { display: block; font-weight: 400; }
.bare select { padding: 0.3125rem 0.5rem; min-height: 2.25rem; }
.acts { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; justify-content: end; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.list { list-style: none; padding: 0; display: grid; }
.list > li { display: flex; gap: 0.75rem 1rem; align-items: center; justify-content: space-between; padding-block: 0.75rem; border-top: 1px solid var(--line); }
.list > li:first-child { border-top: 0; padding-top: 0; }
.list > li:last-child { padding-bottom: 0; }
.list > li > div:first-child { min-width: 0; }
form + .list { border-top: 1px solid var(--line); padding-top: 1rem; }
.event > div { flex: 1; display: grid; gap: 0.125rem; }
summary { cursor: pointer; width: fit-content; }
pre, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.8125rem; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { margin-top: 0.375rem; padding: 0.625rem 0.75rem; background: var(--ground); border-radius: 8px; }
.verdict { border-radius: 10px; padding: 1rem; display: grid; gap: 0.5rem; border-left: 4px solid; }
.verdict.yes { background: var(--good-tint); border-color: var(--good); }
.verdict.no { background: var(--bad-tint); border-color: var(--bad); }
.answer { font-weight: 700; }
.yes .answer { color: var(--good); }
.no .answer { color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; font-size: 0.9375rem; }
dt { color: var(--soft); }
.limit { display: grid; gap: 0.375rem; }
meter { width: 100%; height: 0.625rem; appearance: none; background: var(--line); border-radius: 999px; overflow: hidden; }
meter::-webkit-meter-bar { background: var(--line); border: 0; border-radius: 999px; height: 0.625rem; }
meter::-webkit-meter-optimum-value { background: var(--accent); border-radius: 999px; }
meter::-moz-meter-bar { background: var(--accent); }
.offer { display: flex; flex-wrap: wrap; gap: 0.75rem 1rem; align-items: center; justify-content: space-between; border-top: 1px solid var(--line); padding-top: 1rem; }
.price { font-size: 1.75rem; font-weight: 700; }
.money { font-variant-numeric: tabular-nums; }
.body { overflow-wrap: anywhere; white-space: pre-wrap; }
.badge { background: var(--tint); color: var(--accent); border-radius: 999px; padding: 0.125rem 0.625rem; font-size: 0.8125rem; font-weight: 600; white-space: nowrap; }
.badge.bad { background: var(--bad-tint); color: var(--bad); }
.notice, .told { border-radius: 8px; padding: 0.75rem 1rem; background: var(--bad-tint); color: var(--bad); font-size: 0.9375rem; }
.told { background: var(--good-tint); color: var(--good); overflow-wrap: anywhere; }
.notice:empty { display: none; }
[hidden] { display: none !important; }
main.narrow .wide { width: 100%; }
@media (max-width: 30rem) {
  .wide, .row button { width: 100%; }
  .card { padding: 1rem; }
  .tabs { flex-wrap: wrap; column-gap: 1rem; }
  .tabs a { padding-block: 0.25rem 0.375rem; }
  .members > li { flex-wrap: wrap; }
  .members > li > div:first-child { flex: 1 1 9rem; }
  dl { grid-template-columns: 1fr; }
  dd { margin-bottom: 0.375rem; }
}
`
