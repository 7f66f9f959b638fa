package io.tidemill.pipelines.cli;

import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/** A chart over dates as SVG, whose colours are classes of the page. For use by one thread. */
final class DatePlot {
  private static final double WIDTH = 720;
  private static final double HEIGHT = 190;
  private static final double LEFT = 60;
  private static final double TOP = 12;
  private static final double RIGHT = WIDTH - 6;
  private static final double BOTTOM = HEIGHT - 24;
  private static final double WIDEST = 40;
  private static final int TICKS = 5;
  private static final int LABELS = 7;

  private final LocalDate first;
  private final double day;
  private final double least;
  private final double most;
  private final StringBuilder svg = new StringBuilder();

  /**
   * An empty one.
   *
   * @param dates in order, at least one
   * @param most the highest value; a little more is shown
   */
  DatePlot(String title, List<LocalDate> dates, double least, double most) {
    this.first = dates.get(0);
    long days = first.until(dates.get(dates.size() - 1), ChronoUnit.DAYS) + 1;
    this.day = (RIGHT - LEFT) / days;
    this.least = least;
    this.most = most > least ? most : least + 1;
    add(
        "<svg viewBox='0 0 %.0f %.0f' role='img' aria-label='%s'>",
        WIDTH, HEIGHT, new HtmlText(title));
    grid();
    int every = Math.max(1, (int) Math.ceil((double) days / LABELS));
    for (int i = 0; i < days; i += every) {
      add(
          "<text class='tick' text-anchor='middle' x='%.1f' y='%.1f'>%s</text>",
          middle(first.plusDays(i)),
          BOTTOM + 16,
          first.plusDays(i).toString().substring(days > 300 ? 0 : 5));
    }
  }

  private void grid() {
    double step = Math.pow(10, Math.floor(Math.log10((most - least) / TICKS)));
    while ((most - least) / step > TICKS) {
      step *= String.valueOf(step).matches("[0.]*2.*") ? 2.5 : 2;
    }
    for (double tick = Math.ceil(least / step) * step; tick <= most; tick += step) {
      add(
          "<line class='grid' x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>",
          LEFT, RIGHT, y(tick), y(tick));
      add(
          "<text class='tick' text-anchor='end' x='%.1f' y='%.1f'>%s</text>",
          LEFT - 6, y(tick) + 4, shown(Math.abs(tick) < step / 1000 ? 0 : tick));
    }
  }

  private double middle(LocalDate date) {
    return LEFT + (first.until(date, ChronoUnit.DAYS) + 0.5) * day;
  }

  private double y(double value) {
    return BOTTOM - (value - least) / (most - least) * (BOTTOM - TOP);
  }

  /**
   * A bar from one value to another.
   *
   * @param part of the width of a day
   * @param said of it where a mouse rests
   */
  DatePlot bar(LocalDate date, double from, double to, double part, String colour, String said) {
    double width = Math.min(WIDEST, day) * part;
    // One of a million is seen, too.
    double height = to > from ? Math.max(1, y(from) - y(to)) : 0;
    add(
        "<rect class='%s' x='%.2f' y='%.2f' width='%.2f' height='%.2f'><title>%s: %s</title></rect>",
        colour,
        middle(date) - width / 2,
        y(from) - height,
        width,
        height,
        date,
        new HtmlText(said));
    return this;
  }

  /** The chart, to which nothing is added any more. */
  String svg() {
    add(
        "<line class='axis' x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>",
        LEFT, RIGHT, BOTTOM, BOTTOM);
    return svg + "</svg>\n";
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }

  /** A number in few letters. */
  static String shown(double value) {
    double size = Math.abs(value);
    if (size >= 1e9) {
      return trimmed("%.1f", value / 1e9) + "G";
    }
    if (size >= 1e6) {
      return trimmed("%.1f", value / 1e6) + "M";
    }
    if (size >= 1e4) {
      return trimmed("%.1f", value / 1e3) + "k";
    }
    return size != 0 && size < 0.001
        ? String.format(Locale.ROOT, "%.1e", value)
        : trimmed(size >= 100 ? "%.0f" : "%.3f", value);
  }

  private static String trimmed(String format, double value) {
    String text = String.format(Locale.ROOT, format, value);
    return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
  }
}
