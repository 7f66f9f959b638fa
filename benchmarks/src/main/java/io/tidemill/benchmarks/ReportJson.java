package io.tidemill.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Prints a report for machines. */
final class ReportJson {
  private ReportJson() {}

  /**
   * One object: how it was measured, {@code figures} by their names, {@code variants} by theirs,
   * and {@code spread}, the quartiles of each figure's turns.
   */
  static String print(Report report) {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode root = mapper.createObjectNode();
    report.settings().forEach(root::put);
    root.put("cores", Runtime.getRuntime().availableProcessors());
    ObjectNode figures = root.putObject("figures");
    for (Report.FigureValue one : report.figureValues()) {
      parent(figures, one).put(key(one), one.value().median());
    }
    ObjectNode spread = root.putObject("spread");
    for (Report.FigureValue one : report.figureValues()) {
      quartiles(parent(spread, one).putObject(key(one)), one.value());
    }
    ObjectNode variants = root.putObject("variants");
    for (Report.Row row : report.rows()) {
      variant(variants.putObject(row.name()), row);
    }
    return root.toPrettyString();
  }

  private static ObjectNode parent(ObjectNode figures, Report.FigureValue one) {
    return one.figure().isKeyed() ? figures.withObject("/" + one.figure().name()) : figures;
  }

  private static String key(Report.FigureValue one) {
    return one.figure().isKeyed() ? one.key() : one.figure().name();
  }

  private static void variant(ObjectNode node, Report.Row row) {
    row.values().forEach((quantity, value) -> node.put(quantity.label(), value.median()));
    row.values()
        .forEach(
            (quantity, value) ->
                quartiles(node.withObject("/spread").putObject(quantity.label()), value));
    node.put("against", row.floor());
    row.ratio().ifPresent(ratio -> node.put("ratio", ratio.median()));
  }

  private static void quartiles(ObjectNode node, Spread value) {
    node.put("lower", value.lowerQuartile());
    node.put("upper", value.upperQuartile());
  }
}
