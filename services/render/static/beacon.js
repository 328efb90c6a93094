// Tells the site that this article was opened. The page needs no script to be read.
(function () {
  "use strict";
  var article = document.querySelector("[data-article]");
  if (article && navigator.sendBeacon) {
    navigator.sendBeacon("/v1/views", JSON.stringify({ article: article.dataset.article }));
  }
})();
