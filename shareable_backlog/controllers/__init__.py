"""Turn HTTP into one service call and its answer into HTTP."""
