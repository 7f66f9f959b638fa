package io.tidemill.connectors.table;

import java.util.Optional;
import org.apache.flink.table.connector.ProviderContext;

/** Names the operators that a connector makes by itself. Stateless. */
final class PrefixedUids {
  private PrefixedUids() {}

  static ProviderContext of(String uidPrefix) {
    return new ProviderContext() {
      @Override
      public Optional<String> generateUid(String name) {
        return Optional.of(uidPrefix + "-" + name);
      }

      @Override
      public String getName() {
        return uidPrefix;
      }
    };
  }
}
