package io.tidemill.pipelines.cli;

/** Text in a page, of which nothing is taken for the page's own. Immutable. */
record HtmlText(String text) {
  /** As HTML and XML write it, also between quotes. */
  @Override
  public String toString() {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            letter -> {
              switch (letter) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> {
                  boolean none =
                      (letter < ' ' && letter != '\n' && letter != '\t')
                          || Character.getType(letter) == Character.SURROGATE
                          || letter == 0xfffe
                          || letter == 0xffff;
                  escaped.appendCodePoint(none ? 0xfffd : letter);
                }
              }
            });
    return escaped.toString();
  }
}
