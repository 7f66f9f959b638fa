package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Header;
import io.tidemill.pipelines.compose.JobDeadLetter;
import io.tidemill.pipelines.compose.JobDeadLetters;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemill dead-letters show}. */
@Command(
    name = "show",
    description = {
      "Show one dead letter whole: what happened, and its record.",
      "The value is decoded by the source's format, or shown as text and bytes."
    },
    mixinStandardHelpOptions = true)
final class DeadLettersShowCommand implements Runnable {
  @Mixin private DeadLetterOptions options;

  @Parameters(
      index = "1",
      paramLabel = "ADDRESS",
      description = "As 'ls' prints it: TOPIC/PARTITION/OFFSET, or FILE:LINE.")
  private String address;

  @Mixin private Output output;

  /**
   * What JSON has of a letter.
   *
   * @param said what the job and its step said beside the message
   * @param decoded the record as the source's format has it, one JSON object a line
   * @param undecoded why there is no such thing
   * @param value its bytes; null where they are decoded
   */
  private record View(
      DeadLetterView letter,
      @Nullable String exception,
      Map<String, String> said,
      List<HeaderView> headers,
      @Nullable Bytes key,
      @Nullable String decoded,
      @Nullable String undecoded,
      @Nullable Bytes value) {}

  private record HeaderView(String name, @Nullable String value) {
    static HeaderView of(Header header) {
      byte[] value = header.value();
      return new HeaderView(
          header.name(),
          value == null ? null : ConnectorOptions.shown(header.name(), new String(value, UTF_8)));
    }
  }

  /**
   * Bytes as people can read them.
   *
   * @param hex the first of them; null where they hold a secret
   */
  private record Bytes(int length, String text, @Nullable String hex) {
    private static final int LONGEST_HEX = 1_024;

    static @Nullable Bytes of(byte @Nullable [] bytes) {
      if (bytes == null) {
        return null;
      }
      String text = new String(bytes, UTF_8);
      String shown = ConnectorOptions.withoutSecrets(text);
      int length = Math.min(bytes.length, LONGEST_HEX);
      String hex = HexFormat.ofDelimiter(" ").formatHex(bytes, 0, length);
      return new Bytes(
          bytes.length,
          shown,
          shown.equals(text) ? hex + (length < bytes.length ? " …" : "") : null);
    }
  }

  @Override
  public void run() {
    JobDeadLetters letters = options.open();
    List<View> found = new ArrayList<>();
    DeadLetterOptions.read(
        letters,
        List.of(address),
        (letter, record) -> {
          if (letter.address().equals(address)) {
            found.add(view(letters, letter, record));
          }
        });
    if (found.isEmpty()) {
      throw options.notThere(address, letters);
    }
    View view = found.get(0);
    output.print(view, out -> print(out, view));
  }

  private static View view(JobDeadLetters letters, JobDeadLetter letter, DeadLetterRecord record) {
    String decoded = null;
    String undecoded = null;
    try {
      decoded = letters.decode(record).map(ConnectorOptions::withoutSecrets).orElse(null);
    } catch (IOException e) {
      undecoded = ConnectorOptions.withoutSecrets(String.valueOf(e.getMessage()));
    }
    Map<String, String> said = new LinkedHashMap<>();
    record.context().forEach((name, value) -> said.put(name, ConnectorOptions.shown(name, value)));
    return new View(
        DeadLetterView.of(letter),
        record.causeClass(),
        said,
        record.headers().stream().map(HeaderView::of).toList(),
        Bytes.of(record.key()),
        decoded,
        undecoded,
        decoded == null ? Bytes.of(record.value()) : null);
  }

  private static void print(PrintWriter out, View view) {
    DeadLetterView letter = view.letter();
    line(out, "address", letter.address());
    line(out, "record", DeadLetterView.cell(letter.record()));
    line(out, "time", DeadLetterView.cell(letter.time()));
    line(out, "cause", letter.cause());
    line(out, "step", letter.step());
    line(out, "message", letter.message());
    line(out, "exception", DeadLetterView.cell(view.exception()));
    view.said().forEach((name, value) -> line(out, name, value));
    view.headers()
        .forEach(
            header ->
                line(out, "header", header.name() + ": " + DeadLetterView.cell(header.value())));
    print(out, "key", view.key());
    if (view.undecoded() != null) {
      line(out, "decoded", "no: " + view.undecoded());
    }
    if (view.decoded() != null) {
      line(out, "value", view.decoded());
    } else {
      print(out, "value", view.value());
    }
  }

  private static void print(PrintWriter out, String name, @Nullable Bytes bytes) {
    if (bytes == null) {
      line(out, name, "-");
      return;
    }
    line(out, name, "%s (%,d bytes)".formatted(bytes.text(), bytes.length()));
    line(out, name, bytes.hex() == null ? "its bytes hold a secret" : bytes.hex());
  }

  private static void line(PrintWriter out, String name, String value) {
    out.printf("%-17s %s%n", name, value);
  }
}
