package io.tidemill.inference.table;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;

/**
 * Makes models of {@code CREATE MODEL … WITH ('provider' = 'tidemill', …)}; Flink finds it by that
 * name. Blocks on the store whenever a statement with {@code ML_PREDICT} is planned. Thread-safe.
 */
public final class TidemillModelFactory implements ModelProviderFactory {
  static final String NAME = "tidemill";

  @Override
  public String factoryIdentifier() {
    return NAME;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return options(ModelOptions.REQUIRED);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return options(ModelOptions.OPTIONAL);
  }

  private static Set<ConfigOption<?>> options(List<String> names) {
    return names.stream()
        .map(name -> ConfigOptions.key(name).stringType().noDefaultValue())
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * {@inheritDoc}
   *
   * @throws ValidationException with every problem that the statement has
   */
  @Override
  public ModelProvider createModelProvider(Context context) {
    return new ModelStatement(
            context.getObjectIdentifier().getObjectName(), context.getCatalogModel())
        .plan();
  }
}
