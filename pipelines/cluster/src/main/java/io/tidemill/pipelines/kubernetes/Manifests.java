package io.tidemill.pipelines.kubernetes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Present;
import org.snakeyaml.engine.v2.api.lowlevel.Serialize;
import org.snakeyaml.engine.v2.comments.CommentLine;
import org.snakeyaml.engine.v2.comments.CommentType;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Objects that are documents of one YAML. Kubernetes reads YAML 1.1, in which {@code on} and {@code
 * 12:30} are no texts; so a text is quoted unless it can be nothing else.
 *
 * @param head a comment above all of them
 */
record Manifests(String head, List<Fields> objects) {
  private static final DumpSettings SETTINGS =
      DumpSettings.builder()
          .setDefaultFlowStyle(FlowStyle.BLOCK)
          .setDumpComments(true)
          .setExplicitStart(true)
          .setIndicatorIndent(2)
          .setIndentWithIndicator(true)
          .setWidth(Integer.MAX_VALUE)
          .setSplitLines(false)
          .build();

  private static final Pattern ONLY_A_TEXT =
      Pattern.compile("(?!(?i:y|n|yes|no|on|off|true|false|null)$)[A-Za-z/][\\w./-]*");

  /** Without what controls, or ends a line in YAML 1.1 alone. */
  private static final Pattern LINES =
      Pattern.compile("[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ufeff]*+");

  /** All of them, one after the other. */
  String yaml() {
    StringBuilder text = new StringBuilder();
    head.lines().forEach(line -> text.append("# ").append(line).append('\n'));
    for (Fields object : objects) {
      text.append(
          new Present(SETTINGS)
              .emitToString(new Serialize(SETTINGS).serializeOne(mapping(object)).iterator()));
    }
    // They stand between double quotes, where the library leaves what ends no line in YAML 1.2.
    return text.toString()
        .replace("\u0085", "\\u0085")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
        .replace("\ufeff", "\\ufeff");
  }

  private static Node node(Object value) {
    if (value instanceof Fields fields) {
      return mapping(fields);
    }
    if (value instanceof List<?> items) {
      return new SequenceNode(
          Tag.SEQ,
          items.stream().map(Manifests::node).toList(),
          items.isEmpty() ? FlowStyle.FLOW : FlowStyle.BLOCK);
    }
    if (value instanceof Integer || value instanceof Long) {
      return new ScalarNode(Tag.INT, value.toString(), ScalarStyle.PLAIN);
    }
    if (value instanceof Boolean) {
      return new ScalarNode(Tag.BOOL, value.toString(), ScalarStyle.PLAIN);
    }
    return text(value.toString());
  }

  private static Node mapping(Fields fields) {
    List<NodeTuple> tuples = new ArrayList<>();
    for (Map.Entry<String, Object> field : fields.values().entrySet()) {
      Node key = text(field.getKey());
      String comment = fields.comments().get(field.getKey());
      if (comment != null) {
        key.setBlockComments(
            comment
                .lines()
                .map(
                    line ->
                        new CommentLine(
                            Optional.empty(), Optional.empty(), " " + line, CommentType.BLOCK))
                .toList());
      }
      tuples.add(new NodeTuple(key, node(field.getValue())));
    }
    return new MappingNode(Tag.MAP, tuples, tuples.isEmpty() ? FlowStyle.FLOW : FlowStyle.BLOCK);
  }

  private static Node text(String text) {
    ScalarStyle style =
        ONLY_A_TEXT.matcher(text).matches()
            ? ScalarStyle.PLAIN
            : text.contains("\n") && LINES.matcher(text).matches()
                ? ScalarStyle.LITERAL
                : ScalarStyle.DOUBLE_QUOTED;
    return new ScalarNode(Tag.STR, text, style);
  }
}
