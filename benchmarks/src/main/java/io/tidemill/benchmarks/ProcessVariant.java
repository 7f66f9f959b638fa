package io.tidemill.benchmarks;

import java.io.Serializable;

/**
 * A variant that is measured in a process of its own: what holds for a whole process, such as the
 * engine's settings, is then as this variant's user has it.
 */
interface ProcessVariant extends Variant, Serializable {}
