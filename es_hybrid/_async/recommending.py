"""The part of the facade that recommends, and keeps what recommendations go by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.bought_together import write_table
from es_hybrid._async.recommend import AsyncRecommender
from es_hybrid._async.search import AsyncSearcher
from es_hybrid._async.signals import AsyncSignals
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid.indexing.signals import SignalsReport
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.query.shopper import User
from es_hybrid.rank.personal import Shopper
from es_hybrid.recommend.bought_together import bought_together
from es_hybrid.recommend.orders import read_orders
from es_hybrid.recommend.request import Like, read_recommend
from es_hybrid.recommend.table import BoughtTogetherReport
from es_hybrid.response import HybridResponse


class AsyncRecommending:
    """How `AsyncHybridClient` recommends; a base class of it, never used alone."""

    _es: AsyncElasticsearch
    _toolbox: AsyncToolbox
    _searcher: AsyncSearcher

    async def recommend(
        self,
        index: str,
        *,
        like: Like | None = None,
        cart: Like | None = None,
        user: User | Shopper | Mapping[str, Any] | None = None,
        seen: Like = (),
        filter: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,  # noqa: A002
        size: int = 10,
        source: Any = None,
        ext: Mapping[str, Any] | None = None,
    ) -> HybridResponse:
        """Recommend products, under the same rules as a search, in at most two requests.

        `like` gives products like those, `cart` products that go with those, `user` alone products
        that suit a shopper, and none of them what is trending. Where there is nothing to go by the
        answer is what is trending, or else popular, or else new, and says so.

        Args:
            index: Name or alias.
            like: Ids of products, such as the one that is looked at; they are not in the answer.
            cart: Ids of products in the cart; they are not in the answer.
            user: Who it is for, as `ext.hybrid.user` of a search; events with a `product_id` are
                what it starts from, and these products are not in the answer. With `like` or
                `cart` it raises what suits the shopper.
            seen: Ids of products that are not to be in the answer either.
            filter: Query clauses that every product satisfies.
            size: Products wanted; there may be fewer.
            source: What of each is answered, as in a search.
            ext: `{"hybrid": {…}}`, as in a search: rules, context, boosts, boost_limits, fusion,
                window, min_similarity, explain, explain_language, log.

        Returns:
            Elasticsearch's shape; `.hybrid.recommendation` says what was recommended.

        Raises:
            RequestError: An argument is wrong.
            ApiError: Elasticsearch's own.

        Example:
            response = await shop.recommend("products", like=["p1"], size=12)
        """
        request = read_recommend(
            index,
            like=like,
            cart=cart,
            user=user,
            seen=seen,
            filters=filter,
            size=size,
            source=source,
            ext=ext,
        )
        recommender = AsyncRecommender(self._es, self._toolbox, self._searcher)
        return await recommender.recommend(request)

    async def update_bought_together(
        self,
        index: str,
        orders: Iterable[FeedItem],
        *,
        days: float | None = None,
        most: int = 20,
        least_orders: int = 2,
        prior_orders: float = 10.0,
        on_progress: Callable[[int], None] | None = None,
    ) -> BoughtTogetherReport:
        """Make the table that `recommend(cart=…)` reads, anew, from an order log.

        It is written into an index of its own, and takes the place of the one before when it is
        complete. A log in which nothing goes together changes nothing.

        Args:
            index: The name that is searched; the table is `index-bought-together`.
            orders: Orders, or lines of orders, or purchase events; what `read_products` yields, or
                dictionaries. Read once.
            days: Orders that are older do not count; without it all do.
            most: Products kept for each.
            least_orders: Fewer common orders are taken for chance.
            prior_orders: Made-up orders that calm what was bought seldom.
            on_progress: Told how many products are written.

        Returns:
            How much was read and written.

        Raises:
            ConfigurationError: The name stands for several indices, or the table's is taken.
            IngestError: A row could not be stored; the table before it stays.

        Example:
            report = await shop.update_bought_together("products", read_products("orders.csv"), days=180)
        """
        found = read_orders(orders, now_s=self._toolbox.wall_clock(), days=days)
        rows = bought_together(
            found.products, most=most, least_orders=least_orders, prior_orders=prior_orders
        )
        table = None
        if rows:
            limits = self._toolbox.settings.ingest
            table = await write_table(
                self._es, index, rows, settings=limits, on_progress=on_progress
            )
        return BoughtTogetherReport(
            index=table,
            orders=len(found.products),
            skipped=found.skipped,
            products=len(rows),
            pairs=sum(map(len, rows.values())),
        )

    async def update_signals(
        self,
        index: str,
        events: Iterable[FeedItem] = (),
        *,
        until: date | None = None,
        timezone: str = "UTC",
        ratings: bool = False,
        prior_reviews: float = 10.0,
        on_progress: Callable[[int], None] | None = None,
    ) -> SignalsReport:
        """Write counts of the last 7 and 30 days, and smoothed ratings, into the products.

        Counts are kept by day in `index-signals`. A log replaces, for each kind of event, what was
        known of the days that are in it, so the same log again changes nothing. Vectors and all
        other fields stay.

        Args:
            index: An alias or index that `create_index` made.
            events: Clicks and purchases, whole days of them; what `read_products` yields, or
                dictionaries. Read once.
            until: Last day of every window; by default the newest day of the log.
            timezone: Whose midnight ends a day, such as `Asia/Shanghai`.
            ratings: Whether `rating_smoothed` is computed from `rating` and `review_count`.
            prior_reviews: Reviews of the catalogue's mean rating that each product gets.
            on_progress: Told how many products are dealt with.

        Returns:
            How much was read, and how many products changed.

        Raises:
            ConfigurationError: There is no such index or time zone, or `until` has not come yet.
            IngestError: Elasticsearch failed for good.

        Example:
            report = await shop.update_signals("products", read_products("yesterday.ndjson"))
        """
        signals = AsyncSignals(self._es, settings=self._toolbox.settings, on_progress=on_progress)
        report = await signals.update(index, events, until=until, timezone=timezone)
        if not ratings:
            return report
        return await signals.smooth_ratings(index, report, prior_reviews=prior_reviews)
