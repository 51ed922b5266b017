"""The core: names, wavelets and their concurrency control, schemas, accounts, and the store. No HTTP, no stanzas."""
