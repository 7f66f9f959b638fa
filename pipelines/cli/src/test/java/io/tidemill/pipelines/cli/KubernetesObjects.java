package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1CronJob;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1PodTemplateSpec;
import io.kubernetes.client.openapi.models.V1Role;
import io.kubernetes.client.openapi.models.V1RoleBinding;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.yaml.snakeyaml.Yaml;

/**
 * Objects in one text of YAML, each of which has only fields that its kind has. Core kinds are read
 * into their types, others against the schemas that their operators install.
 */
record KubernetesObjects(Map<String, JsonNode> byKind) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final Map<String, Class<?>> CORE =
      Map.of(
          "v1 ConfigMap", V1ConfigMap.class,
          "v1 ServiceAccount", V1ServiceAccount.class,
          "rbac.authorization.k8s.io/v1 Role", V1Role.class,
          "rbac.authorization.k8s.io/v1 RoleBinding", V1RoleBinding.class,
          "networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy.class,
          "batch/v1 CronJob", V1CronJob.class);

  private static final Map<String, String> CUSTOM =
      Map.of(
          "flink.apache.org/v1beta1 FlinkDeployment", "flinkdeployment.yaml",
          "flink.apache.org/v1beta1 FlinkStateSnapshot", "flinkstatesnapshot.yaml",
          "monitoring.coreos.com/v1 PodMonitor", "podmonitor.yaml",
          "monitoring.coreos.com/v1 PrometheusRule", "prometheusrule.yaml");

  /**
   * Reads them, by YAML 1.1 as Kubernetes does, and by YAML 1.2, which must find the same.
   *
   * @throws IllegalArgumentException if one has a field that there is not, or a value that cannot
   *     be
   */
  static KubernetesObjects strict(String yaml) throws IOException {
    List<Object> read = new ArrayList<>();
    new Yaml().loadAll(yaml).forEach(read::add);
    List<Object> readByOthers = new ArrayList<>();
    new Load(LoadSettings.builder().build()).loadAllFromString(yaml).forEach(readByOthers::add);
    assertThat(read).isEqualTo(readByOthers);
    Map<String, JsonNode> byKind = new LinkedHashMap<>();
    for (Object each : read) {
      JsonNode object = MAPPER.valueToTree(each);
      check(object);
      assertThat(byKind.put(object.path("kind").asText(), object)).isNull();
    }
    return new KubernetesObjects(byKind);
  }

  private static void check(JsonNode object) throws IOException {
    String kind = object.path("apiVersion").asText() + " " + object.path("kind").asText();
    Class<?> core = CORE.get(kind);
    if (core != null) {
      assertThat(JSON.<Object>deserialize(object.toString(), core)).isNotNull();
      return;
    }
    String schema = CUSTOM.get(kind);
    if (schema == null) {
      throw new IllegalArgumentException(kind);
    }
    List<String> problems =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(schema(schema).toString())
            .validate(object.toString(), InputFormat.JSON)
            .stream()
            .map(String::valueOf)
            .toList();
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(problems.toString());
    }
    assertThat(JSON.<Object>deserialize(object.path("metadata").toString(), V1ObjectMeta.class))
        .isNotNull();
    object
        .findValues("podTemplate")
        .forEach(
            pod ->
                assertThat(JSON.<Object>deserialize(pod.toString(), V1PodTemplateSpec.class))
                    .isNotNull());
  }

  private static JsonNode schema(String file) throws IOException {
    try (InputStream in =
        KubernetesObjects.class.getResourceAsStream("/io/tidemill/pipelines/kubernetes/" + file)) {
      JsonNode schema = MAPPER.valueToTree(new Yaml().load(in));
      close(schema);
      // Which schemas of custom objects leave out, or leave open.
      ObjectNode properties = (ObjectNode) schema.path("properties");
      List.of("apiVersion", "kind", "metadata")
          .forEach(each -> properties.set(each, MAPPER.createObjectNode()));
      return schema;
    }
  }

  /** Refuses what an API server only leaves out. */
  private static void close(JsonNode schema) {
    if (schema instanceof ObjectNode node
        && node.path("properties").isObject()
        && "object".equals(node.path("type").asText())) {
      node.put("additionalProperties", false);
    }
    schema.forEach(KubernetesObjects::close);
  }

  /**
   * Merges each patch of a kustomization into the object that it names, as kustomize does with
   * custom ones.
   *
   * @throws IllegalArgumentException if the object is then none
   */
  void patch(String kustomization) throws IOException {
    for (JsonNode each :
        MAPPER.<JsonNode>valueToTree(new Yaml().load(kustomization)).path("patches")) {
      JsonNode patch = MAPPER.valueToTree(new Yaml().load(each.path("patch").asText()));
      String kind = patch.path("kind").asText();
      for (String pointer : List.of("/apiVersion", "/metadata/name", "/metadata/namespace")) {
        assertThat(at(kind, pointer)).as(pointer).isEqualTo(patch.at(pointer));
      }
      check(MAPPER.readerForUpdating(at(kind, "")).readValue(patch));
    }
  }

  /** A value in the only one of a kind. */
  JsonNode at(String kind, String pointer) {
    JsonNode object = byKind.get(kind);
    if (object == null || object.at(pointer).isMissingNode()) {
      throw new AssertionError("%s%s in %s".formatted(kind, pointer, object));
    }
    return object.at(pointer);
  }
}
