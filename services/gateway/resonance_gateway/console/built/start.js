// Loads the page anew where a part of it is not there: while gateways are replaced one by one, a new one may show the page
// and an old one be asked for its parts, whose names are made of their content.
(() => {
  const again = () => setTimeout(() => location.reload(), 3000);
  addEventListener("error", (event) => /^(SCRIPT|LINK)$/.test(event.target.tagName) && again(), true);
  addEventListener("vite:preloadError", again);
})();
