const SHOWN_FOR_SECONDS = 120;
const SAID_AT = [120, 30];

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

const say = (words) => {
  const region = document.getElementById("announcement");
  if (region) region.textContent = words;
};

for (const box of document.querySelectorAll(".hold")) {
  const ends = performance.now() + Number(box.dataset.secondsLeft) * 1000;
  const timer = box.querySelector("[role=timer]");
  const more = box.querySelector("form");
  const tick = () => {
    const left = Math.max(0, Math.round((ends - performance.now()) / 1000));
    const soon = left <= SHOWN_FOR_SECONDS;
    timer.hidden = !soon;
    more.hidden = !soon;
    timer.textContent = left ? `${clock(left)} left` : "The time is over. Ask for more to keep it.";
    if (SAID_AT.includes(left)) say(`${left} seconds left to finish. There is a button for more time.`);
    if (!left) {
      say("The time is over. Ask for more to keep it.");
      clearInterval(ticking);
    }
  };
  const ticking = setInterval(tick, 1000);
  tick();
}
