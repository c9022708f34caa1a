const working = new WeakMap();
const idleWords = new WeakMap();

const wordsOf = (button) => button.querySelector("span") ?? button;

const begin = (button) => {
  const words = wordsOf(button);
  idleWords.set(button, [...words.childNodes]);
  words.textContent = button.dataset.busy;
  button.dataset.atWork = "";
  button.setAttribute("aria-disabled", "true");
};

const end = (form) => {
  const button = working.get(form);
  working.delete(form);
  if (!button) return;
  wordsOf(button).replaceChildren(...(idleWords.get(button) ?? wordsOf(button).childNodes));
  delete button.dataset.atWork;
  button.removeAttribute("aria-disabled");
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (working.has(form)) return event.preventDefault();
  const button = event.submitter?.dataset.busy ? event.submitter : null;
  working.set(form, button);
  // After this tick: a button changed now would not be sent with its name and value.
  if (button) setTimeout(() => begin(button));
});

addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) end(form);
});
