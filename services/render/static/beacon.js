// Tells the site that this article was opened. The page needs no script to be read. A site may live below a path of
// its host, as this script does. A page that a browser has made ready in case it is wanted has not been opened yet.
(function () {
  "use strict";
  var article = document.querySelector("[data-article]");
  var views = new URL("../v1/views", document.currentScript.src);
  function tell() {
    navigator.sendBeacon(views, JSON.stringify({ article: article.dataset.article }));
  }
  if (article && navigator.sendBeacon) {
    if (document.prerendering) document.addEventListener("prerenderingchange", tell, { once: true });
    else tell();
  }
})();
