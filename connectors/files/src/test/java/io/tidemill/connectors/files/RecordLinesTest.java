package io.tidemill.connectors.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.MappingIterator;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.dataformat.csv.CsvMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.dataformat.csv.CsvParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.dataformat.csv.CsvSchema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordLinesTest {
  private static final Quoting CSV = csv(Quoting.NO_CHARACTER, Quoting.NO_CHARACTER, false);
  private static final Quoting ESCAPED = csv('\\', Quoting.NO_CHARACTER, false);

  private static Quoting csv(int escape, int comment, boolean trims) {
    return new Quoting('"', ',', escape, comment, trims);
  }

  private final Random random = new Random();

  @Test
  void linesAreRecordsAndEmptyOnesAreNone() throws IOException {
    assertThat(records("a\n\nb c\r\n \r\n\"d\ne", Quoting.NONE))
        .containsExactly("0 a", "3 b c", "11 \"d", "14 e");
    assertThat(records("", Quoting.NONE)).isEmpty();
    assertThat(records("\n", Quoting.NONE)).isEmpty();
  }

  @Test
  void commentsAreNoRecords() throws IOException {
    assertThat(records("#a\nb\n#", csv(Quoting.NO_CHARACTER, '#', false))).containsExactly("3 b");
  }

  @Test
  void aQuoteOrAnEscapeInACommentLeavesOutNoRecordBehindIt() throws IOException {
    Quoting quoting = csv('\\', '#', false);

    assertThat(records("#a,\"b\nc\n#d\\\ne\n", quoting)).containsExactly("6 c", "12 e");
  }

  @Test
  void aDelimiterMayBeOfSeveralBytesAndIsNoOtherCharacterThatEndsLikeIt() throws IOException {
    Quoting quoting = new Quoting('"', 0xC2A7, Quoting.NO_CHARACTER, Quoting.NO_CHARACTER, false);

    assertThat(records("a\u00a7\"b\nc\"\n\u00e7\"d\u00a7e\n", quoting))
        .containsExactly("0 a\u00a7\"b\nc\"", "9 \u00e7\"d\u00a7e");
  }

  @Test
  void aQuoteAndAnEscapeMayBeOfSeveralBytesAndAreNoOtherCharactersThatBeginOrEndLikeThem()
      throws IOException {
    Quoting quoting =
        new Quoting(
            Quoting.of("\u00ab"),
            Quoting.of(","),
            Quoting.of("\u20ac"),
            Quoting.NO_CHARACTER,
            false);

    assertThat(
            records(
                "\u00aba\nb\u20ac\u00ab\n\u00ab,\u00a7\n\u00eb,\u00ab\u00eb\n\u00ab\nc\u20ac\n",
                quoting))
        .containsExactly(
            "0 \u00aba\nb\u20ac\u00ab\n\u00ab,\u00a7",
            "17 \u00eb,\u00ab\u00eb\n\u00ab",
            "28 c\u20ac\n");
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstRecord() throws IOException {
    assertThat(records("\uFEFF\"a\nb\"\n\uFEFFc", CSV)).containsExactly("3 \"a\nb\"", "9 \uFEFFc");
    assertThat(records("\uFEFF", Quoting.NONE)).isEmpty();
    assertThat(records("ab", Quoting.NONE)).containsExactly("0 ab");
  }

  @Test
  void aByteThatIsNoCharacterIsPartOfItsRecord() throws IOException {
    byte[] text = {-1, '\n', 'a', -62, '\n', 'b', '\n', 0, '\n'};
    for (Quoting quoting : List.of(CSV, Quoting.NONE)) {
      RecordLines lines = new RecordLines(new ByteArrayInputStream(text), 0, quoting);

      assertThat(lines.next(9)).containsExactly(-1);
      assertThat(lines.next(9)).containsExactly('a', -62);
      assertThat(lines.next(9)).containsExactly('b');
      assertThat(lines.next(9)).containsExactly(0);
      assertThat(lines.next(9)).isNull();
    }
  }

  @Test
  void quotesHoldEndsOfLinesWhereAFieldBeginsAlone() throws IOException {
    assertThat(records("1,\"a\nb\"\n2,\"c\"\"\n\",d\n5\",e\nf\n", CSV))
        .containsExactly("0 1,\"a\nb\"", "8 2,\"c\"\"\n\",d", "19 5\",e", "24 f");
  }

  @Test
  void aFieldBeginsWithAnyCharacterThatIsNotTrimmed() throws IOException {
    Quoting trims = csv(Quoting.NO_CHARACTER, Quoting.NO_CHARACTER, true);
    assertThat(records("\ud83d\ude00\"x,1\n \"b\nc\",2\n", trims))
        .containsExactly("0 \ud83d\ude00\"x,1", "9  \"b\nc\",2");
  }

  @Test
  void anEscapedQuoteEndsNothing() throws IOException {
    assertThat(records("\"a\\\"\nb\"\nc\\\nd", ESCAPED))
        .containsExactly("0 \"a\\\"\nb\"", "8 c\\\nd");
  }

  @Test
  void recordsAreLongerThanWhatIsReadAtOnce() throws IOException {
    String line = "x".repeat(400_000);

    assertThat(records(line + "\ny\n" + line, Quoting.NONE))
        .containsExactly("0 " + line, "400001 y", "400003 " + line);
  }

  @Test
  void aTextWithoutAnyEndOfLineIsRefusedBeforeItFillsTheMemory() {
    InputStream zeros =
        new InputStream() {
          @Override
          public int read() {
            return 0;
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            return length;
          }
        };

    assertThatThrownBy(() -> new RecordLines(zeros, 7, Quoting.NONE).next(Long.MAX_VALUE))
        .isInstanceOf(IOException.class)
        .hasMessage("no record ends within 67108864 bytes of byte 7");
  }

  /** What Flink's format takes for a record of a whole file, by the parser that it uses. */
  @Test
  void textsAreTakenApartAsAParserOfTheWholeTextDoes() throws IOException {
    long seed = random.nextLong();
    random.setSeed(seed);
    int compared = 0;
    for (int round = 0; round < 20_000; round++) {
      boolean trims = random.nextBoolean();
      boolean escapes = random.nextBoolean();
      String quote = random.nextBoolean() ? "\"" : "\u00ab";
      String escape = !escapes ? "" : random.nextBoolean() ? "\\" : "\u20ac";
      Quoting quoting =
          new Quoting(Quoting.of(quote), ',', Quoting.of(escape), Quoting.NO_CHARACTER, trims);
      String text = text("a1 \t,,\n\n\r\u00a7" + quote.repeat(3) + escape);
      List<List<String>> whole = parsed(text, quote, escape, trims);
      // The parser makes records of its own of an escape at the end.
      if (whole == null || (escapes && text.endsWith(escape))) {
        continue;
      }
      compared++;
      List<List<String>> apart = new ArrayList<>();
      for (String record : records(text, quoting)) {
        List<List<String>> one =
            parsed(record.substring(record.indexOf(' ') + 1), quote, escape, trims);
        apart.addAll(one == null ? List.of(List.of("none: " + record)) : one);
      }
      assertThat(apart)
          .as("seed %d, %s, text <%s>", seed, quoting, text.replace("\r", "\\r"))
          .isEqualTo(whole);
    }
    assertThat(compared).isGreaterThan(1_000);
  }

  private String text(String alphabet) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(16);
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  /** The records of a text, or null where it is none. */
  private static @Nullable List<List<String>> parsed(
      String text, String quote, String escape, boolean trims) {
    CsvSchema schema = CsvSchema.emptySchema().withQuoteChar(quote.charAt(0));
    try (MappingIterator<List<String>> rows =
        new CsvMapper()
            .enable(CsvParser.Feature.WRAP_AS_ARRAY)
            .configure(CsvParser.Feature.TRIM_SPACES, trims)
            .readerForListOf(String.class)
            .with(escape.isEmpty() ? schema : schema.withEscapeChar(escape.charAt(0)))
            .readValues(text)) {
      // An empty line is a record of it, and none to Tidemill.
      return rows.readAll().stream().filter(row -> !row.equals(List.of(""))).toList();
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  /** Each record behind the place where it begins, read by pieces of any length. */
  private List<String> records(String text, Quoting quoting) throws IOException {
    InputStream pieces =
        new ByteArrayInputStream(text.getBytes(UTF_8)) {
          @Override
          public synchronized int read(byte[] bytes, int offset, int length) {
            return super.read(
                bytes,
                offset,
                Math.min(length, 1 + random.nextInt(random.nextBoolean() ? 3 : 100_000)));
          }
        };
    List<String> records = new ArrayList<>();
    try (RecordLines lines = new RecordLines(pieces, 0, quoting)) {
      byte[] record;
      while ((record = lines.next(Long.MAX_VALUE)) != null) {
        records.add(lines.start() + " " + new String(record, UTF_8));
      }
    }
    return records;
  }
}
