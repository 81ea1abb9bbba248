// A drawing opens where its subject stands. Everything else on the pages works without this file.
for (const drawing of document.querySelectorAll(".drawing")) {
  const subject = drawing.querySelector(".focus")?.getBoundingClientRect();
  if (!subject) continue;
  const view = drawing.getBoundingClientRect();
  const beyond = (low, high, from, to) => (low < from || high > to ? (low + high - from - to) / 2 : 0);
  drawing.scrollLeft += beyond(subject.left, subject.right, view.left + 8, view.right - 8);
  drawing.scrollTop += beyond(subject.top, subject.bottom, view.top + 8, view.bottom - 8);
}
