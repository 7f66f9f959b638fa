package io.tidemill.model.engine.tensorflow;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * What runs when tensors of a graph are asked for and others are fed: the nodes that these need, up
 * to those that are fed, and every node of each function that is called.
 *
 * <p>Not thread-safe.
 */
final class Reach {
  /** An origin that is none of the graph's tensors. */
  static final String UNKNOWN = "";

  private static final Set<String> CALLS = Set.of("PartitionedCall", "StatefulPartitionedCall");
  private static final String HANDS_ON = "Identity";
  private static final List<String> DEVICES = List.of("CPU", "GPU", "TPU");
  private static final List<String> TRAINING =
      List.of("forward_function_name", "backward_function_name");

  private final Map<String, NodeDef> nodes = new HashMap<>();
  private final Map<String, FunctionDef> functions = new HashMap<>();
  private final Set<String> fed = new HashSet<>();
  private final Map<String, Site> sites = new LinkedHashMap<>();
  private final Map<String, Set<Site>> callers = new LinkedHashMap<>();

  /** A node of a function, or of the graph itself where that is empty. */
  record Site(String function, NodeDef node) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Site site
          && function.equals(site.function)
          && node.getName().equals(site.node.getName());
    }

    @Override
    public int hashCode() {
      return 31 * function.hashCode() + node.getName().hashCode();
    }
  }

  /** A tensor by the name that it has in a function. */
  private record Place(String function, String tensor) {}

  Reach(GraphDef graph, Collection<String> asked, Collection<String> fed) {
    graph.getNodeList().forEach(node -> nodes.put(node.getName(), node));
    for (FunctionDef function : graph.getLibrary().getFunctionList()) {
      functions.put(function.getSignature().getName(), function);
    }
    fed.forEach(tensor -> this.fed.add(tensorName(tensor)));
    walk(asked);
  }

  private void walk(Collection<String> asked) {
    Deque<String> tensors = new ArrayDeque<>(asked);
    while (!tensors.isEmpty()) {
      String tensor = tensors.remove();
      NodeDef node = fed.contains(tensorName(tensor)) ? null : nodes.get(nodeName(tensor));
      if (node != null && add("", node)) {
        tensors.addAll(node.getInputList());
      }
    }
  }

  private boolean add(String function, NodeDef node) {
    Site site = new Site(function, node);
    if (sites.putIfAbsent(function + "\n" + node.getName(), site) != null) {
      return false;
    }
    Deque<Site> entered = new ArrayDeque<>(List.of(site));
    while (!entered.isEmpty()) {
      Site caller = entered.remove();
      for (String called : called(caller.node())) {
        boolean known = callers.containsKey(called);
        callers.computeIfAbsent(called, name -> new LinkedHashSet<>()).add(caller);
        FunctionDef body = functions.get(called);
        if (!known && body != null) {
          for (NodeDef inner : body.getNodeDefList()) {
            Site there = new Site(called, inner);
            sites.put(called + "\n" + inner.getName(), there);
            entered.add(there);
          }
        }
      }
    }
    return true;
  }

  private List<String> called(NodeDef node) {
    List<String> called = named(node);
    called.addAll(standIns(called));
    return called;
  }

  /** Functions that a node calls by their names. */
  private List<String> named(NodeDef node) {
    List<String> called = new ArrayList<>();
    called.add(node.getOp());
    for (AttrValue value : node.getAttrMap().values()) {
      called.add(value.getFunc().getName());
      value.getList().getFuncList().forEach(function -> called.add(function.getName()));
    }
    called.removeIf(name -> !functions.containsKey(name));
    return called;
  }

  /** Functions that TensorFlow may run in the place of these, as they say they do the same. */
  private List<String> standIns(List<String> called) {
    Set<String> interfaces = new HashSet<>();
    called.forEach(name -> interfaces.add(implemented(functions.get(name))));
    interfaces.remove("");
    return functions.values().stream()
        .filter(function -> interfaces.contains(implemented(function)))
        .map(function -> function.getSignature().getName())
        .toList();
  }

  private static String implemented(@Nullable FunctionDef function) {
    return function == null ? "" : text(function, "api_implements");
  }

  private static String text(FunctionDef function, String attribute) {
    return function
        .getAttrOrDefault(attribute, AttrValue.getDefaultInstance())
        .getS()
        .toStringUtf8();
  }

  /** Whether running a node may mean running a function: by its name, or in another's place. */
  private boolean mayRun(NodeDef node, String function) {
    return named(node).stream()
        .anyMatch(name -> name.equals(function) || mayReplace(name, function, node.getDevice()));
  }

  /**
   * TensorFlow replaces a function by one of the same interface that prefers the device of the
   * call, and keeps those that go forward and backward in training apart.
   */
  private boolean mayReplace(String name, String other, String device) {
    FunctionDef one = requireNonNull(functions.get(name));
    FunctionDef another = requireNonNull(functions.get(other));
    String preferred = text(another, "api_preferred_device");
    String upper = device.toUpperCase(Locale.ROOT);
    return !implemented(one).isEmpty()
        && implemented(one).equals(implemented(another))
        && kind(one).equals(kind(another))
        && DEVICES.stream()
            .noneMatch(type -> upper.contains(type + ":") && !type.equals(preferred));
  }

  private static List<String> kind(FunctionDef function) {
    return TRAINING.stream().filter(function::containsAttr).toList();
  }

  /** Every node that runs. */
  Collection<Site> sites() {
    return sites.values();
  }

  /** Whether a node calls a function of the graph's own, whatever its operation is called. */
  boolean isCall(NodeDef node) {
    return functions.containsKey(node.getOp());
  }

  /** A function that calls itself, by itself or through others. */
  Optional<String> recursive() {
    Map<String, Set<String>> calls = new HashMap<>();
    callers.forEach(
        (function, sites) ->
            sites.stream()
                .filter(site -> mayRun(site.node(), function))
                .forEach(
                    site ->
                        calls
                            .computeIfAbsent(site.function(), name -> new LinkedHashSet<>())
                            .add(function)));
    Set<String> done = new HashSet<>();
    Set<String> open = new HashSet<>();
    Deque<String> path = new ArrayDeque<>(List.of(""));
    while (!path.isEmpty()) {
      String function = path.element();
      open.add(function);
      Set<String> next = calls.getOrDefault(function, Set.of());
      Optional<String> back = next.stream().filter(open::contains).findFirst();
      if (back.isPresent()) {
        return back;
      }
      Optional<String> deeper = next.stream().filter(name -> !done.contains(name)).findFirst();
      if (deeper.isPresent()) {
        path.push(deeper.get());
      } else {
        path.pop();
        open.remove(function);
        done.add(function);
      }
    }
    return Optional.empty();
  }

  /**
   * The graph's tensors that an input has its value from, through calls and nodes that hand it on;
   * {@link #UNKNOWN} among them if it may have it from elsewhere.
   */
  Set<String> origins(Site site, int input) {
    Set<String> origins = new HashSet<>();
    Set<Place> seen = new HashSet<>();
    Deque<Place> places = new ArrayDeque<>();
    follow(site, input, places, origins);
    while (!places.isEmpty()) {
      Place place = places.remove();
      if (seen.add(place)) {
        trace(place, places, origins);
      }
    }
    return origins;
  }

  private void trace(Place place, Deque<Place> places, Set<String> origins) {
    FunctionDef function = functions.get(place.function());
    int argument = function == null ? -1 : argument(function, place.tensor());
    if (argument >= 0) {
      for (Site caller : callers.getOrDefault(place.function(), Set.of())) {
        boolean plain = CALLS.contains(caller.node().getOp()) || isCall(caller.node());
        follow(caller, plain ? argument : -1, places, origins);
      }
      return;
    }
    boolean given = function == null && fed.contains(tensorName(place.tensor()));
    NodeDef node = given ? null : node(function, nodeName(place.tensor()));
    if (node != null && node.getOp().equals(HANDS_ON)) {
      follow(new Site(place.function(), node), 0, places, origins);
    } else {
      origins.add(function == null ? tensorName(place.tensor()) : UNKNOWN);
    }
  }

  private static void follow(Site site, int input, Deque<Place> places, Set<String> origins) {
    if (input < 0 || input >= site.node().getInputCount()) {
      origins.add(UNKNOWN);
    } else {
      places.add(new Place(site.function(), site.node().getInput(input)));
    }
  }

  private static int argument(FunctionDef function, String tensor) {
    List<String> names =
        function.getSignature().getInputArgList().stream().map(OpDef.ArgDef::getName).toList();
    return names.indexOf(tensor);
  }

  private @Nullable NodeDef node(@Nullable FunctionDef function, String name) {
    return function == null
        ? nodes.get(name)
        : function.getNodeDefList().stream()
            .filter(node -> node.getName().equals(name))
            .findFirst()
            .orElse(null);
  }

  private static String nodeName(String tensor) {
    String name = tensor.startsWith("^") ? tensor.substring(1) : tensor;
    int colon = name.indexOf(':');
    return colon < 0 ? name : name.substring(0, colon);
  }

  /** A control input is no tensor, and named so that it is none. */
  static String tensorName(String tensor) {
    return tensor.startsWith("^") || tensor.contains(":") ? tensor : tensor + ":0";
  }
}
