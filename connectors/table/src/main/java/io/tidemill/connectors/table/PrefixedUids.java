package io.tidemill.connectors.table;

import java.util.Optional;
import org.apache.flink.table.connector.ProviderContext;

/** Names the operators that a connector makes by itself. Immutable. */
record PrefixedUids(String getName) implements ProviderContext {
  @Override
  public Optional<String> generateUid(String name) {
    return Optional.of(getName + "-" + name);
  }
}
