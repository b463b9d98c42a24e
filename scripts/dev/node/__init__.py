"""A real Elasticsearch node without a container engine, unpacked from Maven Central."""
