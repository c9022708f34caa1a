const OFFLINE = "You are offline. Nothing was sent, and what you typed is still here. Try again once you are connected.";
const FAILED = "That did not work just now. Nothing has changed. Try again in a moment.";

const forget = () => document.getElementById("not-sent")?.remove();

const warn = (place, words) => {
  forget();
  const notice = document.createElement("p");
  notice.id = "not-sent";
  notice.className = "notice";
  notice.dataset.meaning = "problem";
  notice.role = "alert";
  place.append(notice);
  notice.textContent = words;
  notice.scrollIntoView({ block: "nearest" });
};

// Before all others: a form that is not sent is not at work either.
document.addEventListener("submit", (event) => {
  forget();
  if (navigator.onLine) return;
  event.preventDefault();
  warn(event.target, OFFLINE);
}, true);

const partOf = (element) => element.closest("[hx-boost], form") ?? document.querySelector("main .column");

document.addEventListener("htmx:beforeRequest", forget);
document.addEventListener("htmx:sendError", (event) => warn(partOf(event.target), OFFLINE));
document.addEventListener("htmx:responseError", (event) => warn(partOf(event.target), FAILED));
addEventListener("online", forget);
