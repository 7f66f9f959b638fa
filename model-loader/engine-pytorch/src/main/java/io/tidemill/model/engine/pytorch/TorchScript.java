package io.tidemill.model.engine.pytorch;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.engine.FileKind;
import io.tidemill.model.engine.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** A zip with a program and its weights, which runs in PyTorch's own interpreter. */
record TorchScript(Path file) {
  static final FileKind KIND =
      new FileKind(
          "TorchScript file",
          "a zip with code/ and constants.pkl, as torch.jit.save writes it",
          List.of(".pt", ".pth"),
          file -> new TorchScript(file).isOne());

  /** Begins a comment that PyTorch reads as code. */
  private static final String TYPE_COMMENT = "# type:";

  private static final int MOST_ENTRIES = 100_000;
  private static final int MOST_CODE_BYTES = 64 << 20;
  private static final String GAP = "[\\s\\\\]*";

  /** Calls of PyTorch's functions, and what could be one of those that reach outside. */
  private static final Pattern CALLS =
      Pattern.compile(
          "(?<alias>(?<![.\\w])(?:torch|ops)\\b(?!"
              + GAP
              + "\\.))"
              + "|\\btorch"
              + GAP
              + "\\."
              + GAP
              + "(?<call>\\w+)"
              + "|(?<outside>\\b(?:save|from_file|load|read_file|write_file|rpc_\\w+)\\b)"
              + "|(?<foreign>\\bops"
              + GAP
              + "\\."
              + GAP
              + "(?!(?:aten|prim|quantized|prepacked|mkldnn|mkl|sparse|profiler)\\b)\\w+)"
              + "|(?<hidden>\\bgetattr"
              + GAP
              + "\\("
              + GAP
              + "(?:torch|ops)\\b)");

  /** Whether it has what such a zip has; what {@code torch.save} writes, a pickle, has not. */
  private boolean isOne() throws IOException {
    if (!FileKind.start(file, 2).equals("PK")) {
      return false;
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      List<String> names = zip.stream().limit(MOST_ENTRIES).map(ZipEntry::getName).toList();
      return names.stream().anyMatch(name -> name.endsWith("/data.pkl"))
          && names.stream().anyMatch(name -> name.contains("/code/"))
          && names.stream().anyMatch(name -> name.endsWith("/constants.pkl"));
    } catch (ZipException damaged) {
      return false;
    }
  }

  /**
   * The functions that its code names, with what those that are not PyTorch's arithmetic could do.
   *
   * @param subject what messages begin with
   * @throws InvalidModelException if it is no zip, or one that can be read in two ways
   */
  List<Operation> operations(String subject) {
    Map<String, Integer> counts = new TreeMap<>();
    Set<String> dangerous = new HashSet<>();
    Set<String> names = new HashSet<>();
    long entries = entries(subject);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      if (zip.size() > MOST_ENTRIES) {
        throw refused(subject, "it has more than %d entries".formatted(MOST_ENTRIES), null);
      }
      if (entries != zip.size()) {
        throw refused(subject, "its directory has more entries than it says", null);
      }
      for (ZipEntry entry : zip.stream().toList()) {
        // PyTorch finds an entry whatever the case of its name.
        String name = entry.getName().toLowerCase(Locale.ROOT);
        if (!names.add(name)) {
          throw refused(subject, "'%s' is in it twice".formatted(entry.getName()), null);
        }
        if (name.endsWith("/model.json")) {
          throw refused(subject, "it is of a format before PyTorch 1.4", null);
        }
        if (name.endsWith(".py")) {
          count(code(zip, entry, subject), counts, dangerous);
        }
      }
    } catch (IOException damaged) {
      throw refused(subject, String.valueOf(damaged.getMessage()), damaged);
    }
    return counts.entrySet().stream()
        .map(
            count ->
                new Operation(
                    count.getKey(),
                    count.getValue(),
                    dangerous.contains(count.getKey())
                        ? "could reach outside of the model, to files or other processes"
                        : ""))
        .toList();
  }

  private long entries(String subject) {
    try {
      return ZipDirectory.of(file).entries();
    } catch (IOException damaged) {
      throw refused(subject, String.valueOf(damaged.getMessage()), damaged);
    }
  }

  private static String code(ZipFile zip, ZipEntry entry, String subject) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] code = in.readNBytes(MOST_CODE_BYTES);
      if (in.read() >= 0) {
        throw refused(subject, "'%s' has too much code".formatted(entry.getName()), null);
      }
      return new String(code, StandardCharsets.UTF_8);
    }
  }

  private static void count(String code, Map<String, Integer> counts, Set<String> dangerous) {
    for (Matcher calls = CALLS.matcher(bare(code)); calls.find(); ) {
      counts.merge(name(calls, dangerous), 1, Integer::sum);
    }
  }

  /**
   * Code without comments and with a 0 for each string, as PyTorch's lexer parts them; all of it
   * where a string has no end.
   */
  private static String bare(String code) {
    StringBuilder bare = new StringBuilder(code.length());
    for (int at = 0; at < code.length(); ) {
      char first = code.charAt(at);
      if (first == '#' && !code.startsWith(TYPE_COMMENT, at)) {
        int end = code.indexOf('\n', at);
        at = end < 0 ? code.length() : end;
        bare.append(' ');
      } else if (first == '"' || first == '\'') {
        String three = String.valueOf(first).repeat(3);
        at = endOfString(code, at, code.startsWith(three, at) ? three : String.valueOf(first));
        if (at < 0) {
          return code;
        }
        bare.append('0');
      } else {
        bare.append(first);
        at++;
      }
    }
    return bare.toString();
  }

  private static int endOfString(String code, int start, String quote) {
    for (int at = start + quote.length(); at < code.length(); at++) {
      if (code.startsWith(quote, at)) {
        return at + quote.length();
      }
      if (code.charAt(at) == '\n' && quote.length() == 1) {
        return -1;
      }
      at += code.charAt(at) == '\\' ? 1 : 0;
    }
    return -1;
  }

  private static String name(Matcher calls, Set<String> dangerous) {
    String call = calls.group("call");
    String name = call != null ? call : calls.group().replaceAll("[\\s\\\\]", "");
    if (call == null || CALLS.matcher(call).matches()) {
      dangerous.add(name);
    }
    return name;
  }

  private static InvalidModelException refused(
      String subject, String reason, @Nullable Throwable cause) {
    return new InvalidModelException(
        "%s: PyTorch cannot load it: %s (expected: a file of torch.jit.save)"
            .formatted(subject, reason),
        cause);
  }
}
