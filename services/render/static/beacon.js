// Tells the site that this article was opened. The page needs no script to be read. A site may live below a path of
// its host, as this script does.
(function () {
  "use strict";
  var article = document.querySelector("[data-article]");
  if (article && navigator.sendBeacon) {
    var views = new URL("../v1/views", document.currentScript.src);
    navigator.sendBeacon(views, JSON.stringify({ article: article.dataset.article }));
  }
})();
