package io.tidemill.model.store.oci;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
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

  /** Of IPv4, the first bits of addresses that are for no host of the internet, and how many. */
  private static final Map<Integer, Integer> PRIVATE =
      Map.of(
          0, 8, // 0.0.0.0/8: this host
          10, 8, // 10.0.0.0/8
          127, 8, // 127.0.0.0/8: loopback
          0x191, 10, // 100.64.0.0/10: a carrier's
          0xA9FE, 16, // 169.254.0.0/16: this link
          0xAC1, 12, // 172.16.0.0/12
          0xC00000, 24, // 192.0.0.0/24: for protocols
          0xC0A8, 16, // 192.168.0.0/16
          0x6309, 15, // 198.18.0.0/15: for benchmarks
          7, 3); // 224.0.0.0/3: multicast, reserved, broadcast

  /** Of IPv6, those that the internet has: 2000::/3. */
  private static final int PUBLIC = 0x20;

  /** 64:ff9b::/96, behind which an address of IPv4 stands. */
  private static final long TRANSLATED = 0x0064_FF9B_0000_0000L;

  /** 2002::/16, behind which one stands too. */
  private static final short TUNNELLED = 0x2002;

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
    ByteBuffer bytes = ByteBuffer.wrap(target.getAddress());
    if (target instanceof Inet4Address) {
      return isPrivate(bytes.getInt());
    }
    if (bytes.getLong(0) == TRANSLATED && bytes.getInt(Long.BYTES) == 0) {
      return isPrivate(bytes.getInt(12));
    }
    if (bytes.getShort(0) == TUNNELLED) {
      return isPrivate(bytes.getInt(2));
    }
    return (bytes.get(0) & 0xE0) != PUBLIC;
  }

  private static boolean isPrivate(int address) {
    return PRIVATE.entrySet().stream()
        .anyMatch(range -> address >>> (Integer.SIZE - range.getValue()) == range.getKey());
  }

  private static IOException refused(URI uri, String reason) {
    return new IOException(
        "the registry sends to '%s', %s (expected: a host that you name, as in -D%s=%s)"
            .formatted(uri.getRawAuthority(), reason, NAMED, uri.getRawAuthority()));
  }
}
