package io.tidemill.pipelines.cli;

import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A tensor as a plan prints it and a user writes it: {@code features float32[-1, 4]}. */
final class TensorConverter implements ITypeConverter<TensorSpec> {
  private static final Pattern FORM =
      Pattern.compile(
          "\\s*(\\S+)\\s+([a-z0-9]+)\\s*\\[\\s*(-?\\d{1,18}(?:\\s*,\\s*-?\\d{1,18})*)\\s*]\\s*");

  @Override
  public TensorSpec convert(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "tensor: '"
              + text
              + "' (expected: name, type and shape as in 'features float32[-1, 4]')");
    }
    String label = matcher.group(2);
    ElementType type =
        ElementType.ofLabel(label)
            .orElseThrow(() -> new TypeConversionException(unknownType(text, label)));
    List<Long> shape =
        Arrays.stream(matcher.group(3).split(",", -1))
            .map(size -> Long.valueOf(size.strip()))
            .toList();
    try {
      return new TensorSpec(matcher.group(1), type, shape);
    } catch (IllegalArgumentException refused) {
      throw new TypeConversionException(String.valueOf(refused.getMessage()));
    }
  }

  private static String unknownType(String text, String label) {
    List<String> labels = Arrays.stream(ElementType.values()).map(ElementType::label).toList();
    return "tensor: '" + text + "': type '" + label + "' " + new Suggestion(label, labels);
  }
}
