// Puts a coach's free times where this script stands, and lets the frame be as high as its page.
// <script src="https://…/embed.js" async data-type="private-lesson"></script>
(() => {
  const script = document.currentScript;
  if (!script) return;
  const home = new URL(script.src).origin;
  const address = new URL("/embed/", home);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) address.searchParams.set("tz", zone);
  if (script.dataset.type) address.searchParams.set("type", script.dataset.type);

  const frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = script.dataset.title || "Book a session";
  frame.style.cssText = "display:block;inline-size:100%;block-size:32rem;border:0";

  addEventListener("message", (event) => {
    if (event.origin !== home || event.source !== frame.contentWindow) return;
    const height = Number(event.data && event.data.upfrontHeight);
    if (height > 0 && height < 20000) frame.style.blockSize = `${Math.ceil(height)}px`;
  });
  script.after(frame);
})();
