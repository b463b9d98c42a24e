// The buttons stand outside of what is exchanged with each product, so that the focus stays on them.
element.setAttribute("aria-live", "polite");
const parts = "#judging, #grading";
const seen = (node) => node && node.getClientRects().length > 0;
const act = (button) => {
  const shown = element.querySelector("[data-item]");
  trigger("select", { act: button.dataset.act, item: shown ? shown.dataset.item : "" });
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button && button.closest(parts)) act(button);
});
document.addEventListener("keydown", (event) => {
  // Whoever has typed their name goes on with the keys of the grades.
  if (event.key === "Enter" && event.target.closest("#judge-name")) event.target.blur();
  const held = event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing;
  if (held || !seen(element) || event.target.closest("input, textarea, select")) return;
  const named = `[data-key="${CSS.escape(event.key.toLowerCase())}"]`;
  const button = [...document.querySelectorAll(named)].find((one) => one.closest(parts) && seen(one));
  if (!button) return;
  event.preventDefault();
  button.classList.add("eh-pressed");
  setTimeout(() => button.classList.remove("eh-pressed"), 160);
  act(button);
});
