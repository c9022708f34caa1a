const working = new WeakMap();

const begin = (form, button) => {
  working.set(form, button);
  if (!button) return;
  const words = button.querySelector("span") ?? button;
  button.dataset.idleWords = words.textContent;
  if (button.dataset.busy) words.textContent = button.dataset.busy;
  button.dataset.atWork = "";
  button.setAttribute("aria-disabled", "true");
};

const end = (form) => {
  const button = working.get(form);
  working.delete(form);
  if (!button) return;
  if (button.dataset.busy) (button.querySelector("span") ?? button).textContent = button.dataset.idleWords;
  delete button.dataset.atWork;
  button.removeAttribute("aria-disabled");
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (working.has(form)) return event.preventDefault();
  const button = event.submitter;
  setTimeout(() => begin(form, button?.dataset.busy ? button : null));
});

addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) end(form);
});
