// A decide worker that never starts.

throw new Error("this worker never starts");
