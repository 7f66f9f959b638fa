/** Tests, with models that they make and Flink's own planner. */
@NullMarked
package io.tidemill.inference.table;

import org.jspecify.annotations.NullMarked;
