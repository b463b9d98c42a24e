element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) trigger("select", { act: button.dataset.act, id: button.dataset.id });
});
