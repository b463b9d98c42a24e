"""Who waits: the source of both flavours, by what it waits for.

    facade      client; its parts catalogue, events, readiness, recommending, reindexing, products
    beside it   shadow, experiment, experiment_watch; all three are a wrapper
    search      search, many, recommend; planning, retrieve, results, schemas, toolbox, warm_queries
    models      models/
    versions    versions, remembered; rules, rulebook; experiments
    shoppers    shoppers, shopper_book, shopper_stores
    log         search_log, log_writer, log_sinks
    writing     ingest, update, delete, warm, signals, bought_together, first_load, admin
                share target, lookup, documents, read_index, bulk, vectors, text_vectors,
                vector_stores
    following   follow, follow_state, changes
    reindexing  reindex/

What a name stands for is the first line of its file.
"""
