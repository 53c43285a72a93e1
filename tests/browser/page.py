"""What can be said of a page without looking: its contrast, its width, its pictures' words."""

from __future__ import annotations

from typing import Any

from selenium.webdriver.chrome.webdriver import WebDriver

_COMMON = """
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((v) => v / 255).map(
    (v) => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4));
  return .2126 * r + .7152 * g + .0722 * b;
};
const parts = (text) => {
  const found = text.match(/[\\d.]+/g).map(Number);
  return text.startsWith("color(srgb") ? [...found.slice(0, 3).map((v) => 255 * v),
    ...found.slice(3)] : found;
};
const over = (top, under) => {
  const a = top.length === 4 ? top[3] : 1;
  return [0, 1, 2].map((n) => a * top[n] + (1 - a) * under[n]);
};
const canvas = () => {
  const probe = document.createElement("div");
  probe.style.backgroundColor = "Canvas";
  document.body.append(probe);
  const found = parts(getComputedStyle(probe).backgroundColor).slice(0, 3);
  probe.remove();
  return found;
};
const sheet = canvas();
const behind = (one) => {
  const layers = [];
  for (let at = one; at; at = at.parentElement) {
    const color = parts(getComputedStyle(at).backgroundColor);
    layers.push(color);
    if (color.length === 3 || color[3] === 1) break;
  }
  return layers.reduceRight((under, top) => over(top, under), sheet);
};
"""

_CONTRAST = (
    _COMMON
    + """
const [leave, least] = arguments;
const found = [];
for (const one of document.body.querySelectorAll("*")) {
  const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || !one.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
  if (["SCRIPT", "STYLE", "TITLE", "DESC"].includes(one.tagName.toUpperCase())) continue;
  if (leave && one.closest(leave)) continue;
  const style = getComputedStyle(one);
  const back = behind(one);
  const front = over(parts(one.closest("svg") ? style.fill : style.color), back);
  const [a, b] = [luminance(front), luminance(back)];
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < least) found.push(
    `${one.tagName.toLowerCase()}.${one.getAttribute("class")} ${ratio.toFixed(2)} ` +
    one.textContent.trim().slice(0, 40));
}
return found;
"""
)

_UNNAMED = """
const named = (one) => one.closest("[aria-hidden=true]") || one.getAttribute("aria-label") ||
  one.getAttribute("aria-labelledby") || one.getAttribute("alt") ||
  (one.tagName === "IMG" && one.getAttribute("alt") === "" && one.getAttribute("role")) ||
  one.querySelector(":scope > title, :scope > figcaption, :scope img[alt]");
return [...document.querySelectorAll("img, figure, svg, [role=img]")].filter((one) => !named(one))
  .map((one) => one.outerHTML.slice(0, 120));
"""

_WIDER = """
const wide = document.documentElement.clientWidth;
return document.documentElement.scrollWidth <= wide ? [] :
  [...document.body.querySelectorAll("*")].filter((one) => {
    for (let at = one.parentElement; at; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== "visible") return false;
    return one.getBoundingClientRect().right > wide + 1;
  }).map((one) => one.outerHTML.slice(0, 120)).slice(0, 5).concat("the page scrolls sideways");
"""


def unreadable(driver: WebDriver, leave: str = "", least: float = 4.5) -> list[str]:
    """Text whose contrast, by the styles that hold, is below what WCAG 2.2 asks for (AA).

    Args:
        driver: with the page.
        leave: a selector of what is left out.
        least: the contrast that is enough.
    """
    found: Any = driver.execute_script(_CONTRAST, leave, least)
    return list(found)


def unnamed(driver: WebDriver) -> list[str]:
    """Pictures without words for who cannot see them."""
    found: Any = driver.execute_script(_UNNAMED)
    return list(found)


def too_wide(driver: WebDriver) -> list[str]:
    """What makes the page scroll sideways; nothing when it does not."""
    found: Any = driver.execute_script(_WIDER)
    return list(found)
