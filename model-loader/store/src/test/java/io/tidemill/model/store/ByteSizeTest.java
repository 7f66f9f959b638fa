package io.tidemill.model.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1048576, 1048576",
    "10GiB, 10737418240",
    "10 gb, 10737418240",
    "1.5k, 1536",
    "512MB, 536870912",
    "2T, 2199023255552",
    "7B, 7"
  })
  void readsWhatPeopleWrite(String text, long bytes) {
    assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1 KiB",
    "1536, 1.5 KiB",
    "21474836480, 20 GiB",
    "5629499534213120, 5120 TiB"
  })
  void writesWhatPeopleRead(long bytes, String text) {
    assertThat(new ByteSize(bytes)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "ten", "1 PB", "1,5g", "k"})
  void refusesOtherForms(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("size: '" + text + "' (expected: as in 10GiB, 512MB or 1048576)");
  }

  @Test
  void refusesMoreThanALong() {
    assertThatThrownBy(() -> ByteSize.parse("99999999t"))
        .hasMessageContaining("(expected: at most");
  }
}
