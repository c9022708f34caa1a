// Chosen while htmx was still under way, or kept by the browser over a reload: nobody has asked the server yet.
document.addEventListener("htmx:load", (event) => {
  if (event.target !== document.body) return;
  for (const part of document.querySelectorAll("[hx-trigger=change]")) {
    const differs = [...part.querySelectorAll("input")].some((box) => box.checked !== box.defaultChecked);
    if (differs) htmx.trigger(part, "change");
  }
});
