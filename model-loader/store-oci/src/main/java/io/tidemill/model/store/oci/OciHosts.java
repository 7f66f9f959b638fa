package io.tidemill.model.store.oci;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a registry may send those who ask it: to itself, to a host that the user names, or over
 * HTTPS to a public address. An address of a private network that nobody named might be a service
 * that answers whoever is inside.
 *
 * <p>Immutable and thread-safe.
 */
record OciHosts(OciAddress address) {
  /** The system property that names hosts, with their ports if they have one, by commas. */
  static final String NAMED = "tidemill.oci.hosts";

  /** Whether it is the registry itself, as it is spoken to. */
  boolean isRegistry(URI uri) {
    return address.host().equalsIgnoreCase(uri.getRawAuthority())
        && address.scheme().equalsIgnoreCase(uri.getScheme());
  }

  private static boolean isNamed(URI uri) {
    List<String> named = List.of(System.getProperty(NAMED, "").split("\\s*,\\s*"));
    return Stream.of(String.valueOf(uri.getRawAuthority()), String.valueOf(uri.getHost()))
        .anyMatch(named::contains);
  }

  /**
   * Checks where a request goes.
   *
   * @throws IOException if it must not go there
   */
  void check(URI uri) throws IOException {
    if (isRegistry(uri) || isNamed(uri)) {
      return;
    }
    boolean plain = "http".equalsIgnoreCase(uri.getScheme());
    boolean spoken =
        "https".equalsIgnoreCase(uri.getScheme())
            || (plain && Boolean.getBoolean(OciAddress.INSECURE));
    if (uri.getHost() == null || !spoken) {
      throw refused(uri, "which is not HTTPS");
    }
    for (InetAddress target : InetAddress.getAllByName(uri.getHost())) {
      if (isPrivate(target)) {
        throw refused(uri, "an address of a private network");
      }
    }
  }

  /**
   * Checks where a token is asked for.
   *
   * @param secret whether credentials are sent there
   */
  void checkTokens(URI uri, boolean secret) throws IOException {
    if (secret && !isRegistry(uri) && !isNamed(uri)) {
      throw refused(uri, "which wants the credentials");
    }
    check(uri);
  }

  private static boolean isPrivate(InetAddress target) {
    byte[] bytes = target.getAddress();
    boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xC0) == 64;
    boolean uniqueLocal = target instanceof Inet6Address && (bytes[0] & 0xFE) == 0xFC;
    return shared
        || uniqueLocal
        || target.isLoopbackAddress()
        || target.isAnyLocalAddress()
        || target.isLinkLocalAddress()
        || target.isSiteLocalAddress()
        || target.isMulticastAddress();
  }

  private static IOException refused(URI uri, String reason) {
    return new IOException(
        "the registry sends to '%s', %s (expected: a host that you name, as in -D%s=%s)"
            .formatted(uri.getRawAuthority(), reason, NAMED, uri.getRawAuthority()));
  }
}
