const device = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ASKED = "zone-asked";

const askedBefore = () => {
  try {
    const before = sessionStorage.getItem(ASKED);
    sessionStorage.setItem(ASKED, "yes");
    return Boolean(before);
  } catch {
    return true;
  }
};

for (const box of document.querySelectorAll("[data-zone]")) {
  const form = box.querySelector("form");
  if (!device || device === box.dataset.zone) continue;
  form.elements.tz.value = device;
  if (!("chosen" in box.dataset) && !askedBefore()) form.requestSubmit();
  else form.hidden = false;
}
