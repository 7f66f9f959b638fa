package io.tidemill.pipelines.compose;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FolderTest {
  @ParameterizedTest
  @CsvSource({
    "/a/b, /a/b/, true",
    "/a, /a/b, true",
    "/a/b, /a/bc, false",
    "/data/*/dt=1, /data/de/dt=1, true",
    "/data/*/dt=1, /data/de/dt=2, false",
    "/data/*/a.json, /data/de, true",
    "/data/par*/dt=1, /data/out/dt=1, false",
    "/data/d?, /data/de, true",
    "/data/**/dt=1, /data/x/y, true",
    "/data/**/dt=1, /other/x/y, false",
    "s3://one/a, s3://two/a, false",
  })
  void overlapsWhatItIsOrMayBe(String one, String other, boolean overlaps) {
    assertThat(Folder.of(one).overlaps(Folder.of(other))).isEqualTo(overlaps);
    assertThat(Folder.of(other).overlaps(Folder.of(one))).isEqualTo(overlaps);
  }
}
