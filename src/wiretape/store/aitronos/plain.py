"""What only looks secret by its name, as data: members, schemas and fields of the API that redaction must leave."""

from __future__ import annotations

from typing import Final

PLAIN_MEMBERS: Final = frozenset(
    {
        "accept",
        "acceptencoding",
        "acceptlanguage",
        "cachecontrol",
        "contentlength",
        "contenttype",
        "host",
        "hostname",
        "limit",
        "name",
        "page",
        "port",
        "protocol",
        "provider",
        "scope",
        "scopes",
        "server",
        "tokentype",
        "type",
        "useragent",
    }
)
"""Members of such objects that say nothing secret; lower case, without `_` and `-`."""

SCHEMA_FIELD: Final = "properties"
"""Below it a JSON schema names fields, and the words about them are no values."""

LOGPROBS_FIELDS: Final = frozenset({"logprobs", "top_logprobs", "topLogprobs"})
"""Below them a `token` is a piece of the answer's text."""

PLAIN_FIELDS: Final = frozenset(
    {
        "cache_creation_tokens",
        "cache_read_tokens",
        "completion_tokens",
        "input_tokens",
        "key_id",
        "key_name",
        "key_prefix",
        "max_completion_tokens",
        "max_tokens",
        "maxTokens",
        "model_key",
        "default_model_key",
        "next_cursor",
        "output_tokens",
        "prompt_tokens",
        "reasoning_tokens",
        "server_label",
        "token_type",
        "tool_key",
        "toolKey",
        "total_tokens",
        "threadKey",
        "runKey",
        "thread_key",
        "run_key",
    }
)
"""Names that only look secret; a rule by parts of a name must leave them."""
