// Words that are hard to read: contrast below 4.5, or below 3 where letters are large (WCAG 1.4.3).
// Colours are painted and read back, so that any notation is understood, oklch() too.
() => {
  const paper = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const painted = new Map();
  const paint = (colour) => {
    if (!painted.has(colour)) {
      paper.clearRect(0, 0, 1, 1);
      paper.fillStyle = colour;
      paper.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = paper.getImageData(0, 0, 1, 1).data;
      painted.set(colour, [red, green, blue, alpha / 255]);
    }
    return painted.get(colour);
  };
  const over = (top, below) => top.slice(0, 3).map((one, index) => one * top[3] + below[index] * (1 - top[3]));
  const ground = (element) => {
    if (!element) return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
    const own = paint(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement));
  };
  const light = (colour) => {
    const [red, green, blue] = colour.map((one) => one / 255).map(
      (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const isRead = (element) =>
    element && element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !element.closest(".hidden-words, [disabled], svg, script, option, noscript")
    && element.getBoundingClientRect().width > 1;
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !isRead(element)) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const behind = ground(element), ratio = contrast(over(paint(style.color), behind), behind);
    if (ratio < least) {
      found.add(`contrast ${ratio.toFixed(2)}: ${element.className || element.localName}: ${texts.currentNode.data.trim().slice(0, 40)}`);
    }
  }
  return [...found];
}
