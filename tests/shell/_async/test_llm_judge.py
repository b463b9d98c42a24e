"""The language model's grades, over real sockets, with the answers that servers document."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import pytest

from es_hybrid._async.models.llm_judge import AsyncLlmJudge
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import ConfigurationError, ContractError, ServiceError
from es_hybrid.settings import JudgeSettings
from es_hybrid.wire.judging import JUDGE_PROMPT
from tests.support.chat_servers import ChatServer, completion

QUICK = RetryPolicy(max_attempts=3, max_elapsed_s=30.0, base_s=0.001, cap_s=0.002)


def judge_of(server: ChatServer, **settings: Any) -> AsyncLlmJudge:
    made = JudgeSettings(base_url=server.base_url, model="judge-model", **settings)
    return AsyncLlmJudge(made, retry=QUICK)


async def test_a_grade_and_its_tokens() -> None:
    """The prompt goes out as it is documented, the grade comes back with what it took."""
    with ChatServer(lambda *_: (200, completion('{"reason": "It is one.", "grade": 3}'))) as server:
        async with aclosing(judge_of(server, api_key="secret", max_tokens=16)) as judge:
            verdict = await judge.grade(
                "red shoe", "Trail shoe, red, for men. " + "It is red. " * 20
            )
        key, body = server.requests[0]
    assert (verdict.grade, verdict.prompt_tokens, verdict.completion_tokens) == (3, 100, 20)
    assert key == "Bearer secret"
    assert (body["model"], body["temperature"]) == ("judge-model", 0)
    assert body["messages"] == [
        {"role": "system", "content": JUDGE_PROMPT},
        {
            "role": "user",
            "content": "Query: red shoe\n\nProduct: Trail shoe, red, for men. It is red.",
        },
    ]
    assert judge.name == "judge-model, prompt 1"


@pytest.mark.parametrize(
    "said",
    [
        '```json\n{"reason": "A shoe.", "grade": 2}\n```',
        '<think>Is it {"grade": 0}? No.</think>{"grade": 2}',
        'First {"grade": 9}, no: {"reason": "\u8fd1", "grade": 2}',
    ],
)
async def test_a_grade_is_found_in_what_models_write_around_it(said: str) -> None:
    """Fences and thoughts are passed over."""
    with ChatServer(lambda *_: (200, completion(said))) as server:
        async with aclosing(judge_of(server)) as judge:
            assert (await judge.grade("shoe", "Boot")).grade == 2


@pytest.mark.parametrize("said", [None, "It is good.", '{"grade": 4}', '{"grade": true}'])
async def test_an_answer_without_a_grade_is_asked_again_and_then_raised(said: str | None) -> None:
    """No grade is made up, and what the model said is not repeated."""
    with ChatServer(lambda *_: (200, completion(said))) as server:
        async with aclosing(judge_of(server)) as judge:
            with pytest.raises(ContractError, match="no grade from 0 to 3") as raised:
                await judge.grade("shoe", "Boot")
    assert "good" not in str(raised.value)


async def test_a_busy_server_is_asked_again() -> None:
    """429, as OpenAI documents it, and 503 pass."""
    answers = [
        (429, {"error": {"message": "Rate limit reached", "type": "requests", "code": "x"}}),
        (503, b""),
        (200, completion('{"grade": 1}')),
    ]
    with ChatServer(lambda *_: answers.pop(0)) as server:
        async with aclosing(judge_of(server)) as judge:
            assert (await judge.grade("shoe", "Shoelace")).grade == 1


async def test_a_refusal_says_what_to_set_and_repeats_no_words() -> None:
    """A wrong key names the setting; a server that quotes the request is not quoted."""
    quoting = {"error": {"message": "Incorrect API key; you asked: Query: grandpa's gift"}}
    with ChatServer(lambda *_: (401, quoting)) as server:
        async with aclosing(judge_of(server)) as judge:
            with pytest.raises(ServiceError, match="ES_HYBRID_JUDGE__API_KEY") as raised:
                await judge.grade("grandpa's gift", "Rod")
    assert "grandpa" not in str(raised.value)


async def test_grades_come_in_order_and_several_are_asked_at_once() -> None:
    """Each answer belongs to its pair, however they overtake each other."""

    def answer(query: str, product: str) -> tuple[int, Any]:
        return 200, completion(json.dumps({"grade": int(product)}), prompt=int(product) + 1)

    pairs = [("q", str(number % 4)) for number in range(6)]
    with ChatServer(answer, together=2) as server:
        async with aclosing(judge_of(server, max_in_flight=2)) as judge:
            verdicts = [verdict async for verdict in judge.grades(pairs)]
    assert [verdict.grade for verdict in verdicts] == [0, 1, 2, 3, 0, 1]
    assert server.most_in_flight == 2


def test_nothing_is_asked_by_default() -> None:
    """Without an address there is no judge."""
    with pytest.raises(ConfigurationError, match="ES_HYBRID_JUDGE__BASE_URL"):
        AsyncLlmJudge(JudgeSettings())
