const say = (words) => {
  const region = document.getElementById("announcement");
  if (region) region.textContent = words;
};

for (const box of document.querySelectorAll("[data-copy]")) {
  const button = box.querySelector("button");
  const input = box.querySelector("input");
  const words = button.querySelector("span");
  if (!navigator.clipboard) continue;
  button.hidden = false;
  input.addEventListener("focus", () => input.select());
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(input.value);
    words.textContent = "Copied";
    say("Link copied");
    setTimeout(() => { words.textContent = "Copy"; }, 2000);
  });
}
