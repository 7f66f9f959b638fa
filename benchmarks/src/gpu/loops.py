"""PyTorch's own loops around the models that Tidemill's benchmark wrote.

A line of standard input is a question, a JSON array; a line of standard output is its answer, a JSON object. One model and
size of batch is open at a time. Takes PyTorch 1.13 or newer, and neither NumPy nor anything else.
"""

import json
import sys
import time

import torch


class Batch:
    """One model and the rows of one call, in this machine's memory and, for the graph, in pinned memory."""

    def __init__(self, device, file, rows, shape):
        self.device = device
        self.rows = rows
        self.model = torch.jit.load(file, map_location=device).eval()
        generator = torch.Generator().manual_seed(42)
        self.records = torch.rand([rows, *shape], generator=generator)
        self.graph = self.input = self.output = None

    def python(self):
        return self.model(self.records.to(self.device)).cpu()

    def capture(self):
        self.pinned = self.records.pin_memory()
        self.input = self.pinned.to(self.device)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.model(self.input)
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.output = self.model(self.input)
        self.answers = torch.empty(self.output.shape, pin_memory=True)

    def python_graph(self):
        if self.graph is None:
            self.capture()
        self.input.copy_(self.pinned, non_blocking=True)
        self.graph.replay()
        self.answers.copy_(self.output, non_blocking=True)
        torch.cuda.current_stream().synchronize()

    def repeat(self, call, millis):
        """Records of so much time, and how long it was to the end of the last call."""
        records, nanos, start = 0, 0, time.perf_counter_ns()
        while nanos < millis * 1_000_000:
            call()
            records += self.rows
            nanos = time.perf_counter_ns() - start
        return {"records": records, "nanos": nanos}

    def turn(self, way, settle, millis):
        """Calls without counting, then counts, and leaves the GPU's memory to the other process."""
        call = {"python": self.python, "python-graph": self.python_graph}[way]
        try:
            call()
            self.repeat(call, settle)
            cpu = time.process_time_ns()
            return {**self.repeat(call, millis), "cpuNanos": time.process_time_ns() - cpu}
        finally:
            self.leave()

    def leave(self):
        """Gives back what memory is kept for later. A graph keeps its own, and is made anew where that is much."""
        if self.device == "cpu":
            return
        torch.cuda.empty_cache()
        if torch.cuda.memory_reserved() > torch.cuda.get_device_properties(0).total_memory // 8:
            self.graph = self.input = self.output = None
            torch.cuda.empty_cache()

    def profile(self, calls=5):
        """Nanoseconds of the GPU in one call: in kernels, and in copies to and from it."""
        from torch.profiler import ProfilerActivity, profile

        self.python()
        with profile(activities=[ProfilerActivity.CUDA]) as profiled:
            for _ in range(calls):
                self.python()
            torch.cuda.synchronize()
        self.leave()
        nanos = {}
        for event in profiled.events():
            if event.device_type != torch.autograd.DeviceType.CUDA:
                continue
            kind = "copyNanos" if event.name.startswith(("Memcpy", "Memset")) else "kernelNanos"
            nanos[kind] = nanos.get(kind, 0.0) + event.time_range.elapsed_us() * 1000 / calls
        if "kernelNanos" not in nanos:
            raise RuntimeError("the profiler saw no kernel")
        return nanos

    def copies(self):
        """Bytes per second from this machine's memory to the GPU, pageable and pinned."""
        answer = {}
        for name, source in (("pageable", self.records), ("pinned", self.records.pin_memory())):
            target = torch.empty_like(self.records, device=self.device)
            target.copy_(source)
            torch.cuda.synchronize()
            times, start = 0, time.perf_counter()
            while time.perf_counter() - start < 0.1:
                target.copy_(source, non_blocking=True)
                torch.cuda.synchronize()
                times += 1
            size = self.records.numel() * self.records.element_size()
            answer[name + "BytesPerSecond"] = times * size / (time.perf_counter() - start)
        return answer


def facts(device):
    answer = {"python": sys.version.split()[0], "pytorch": torch.__version__}
    if device != "cpu":
        properties = torch.cuda.get_device_properties(0)
        answer.update(
            gpu=properties.name,
            gpuBytes=properties.total_memory,
            cuda=torch.version.cuda,
            cudnn=torch.backends.cudnn.version(),
        )
    return answer


def main(device):
    # Of the CPU Tidemill takes one thread for a call; a GPU does not care.
    torch.set_num_threads(1)
    batch = None
    for line in sys.stdin:
        what, *values = json.loads(line)
        try:
            with torch.inference_mode():
                if what == "open":
                    batch = None
                    batch = Batch(device, *values)
                    answer = {}
                elif what == "close":
                    batch = None
                    if device != "cpu":
                        torch.cuda.empty_cache()
                    answer = {}
                elif what == "facts":
                    answer = facts(device)
                elif batch is None:
                    answer = {"error": "no model is open"}
                else:
                    answer = getattr(batch, what)(*values)
        except Exception as failure:
            words = (str(failure).strip() or "no message").splitlines()[0][:300]
            answer = {"error": "%s: %s" % (type(failure).__name__, words)}
        print(json.dumps(answer), flush=True)


main(sys.argv[1])
