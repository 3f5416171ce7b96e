"""The orders of the list as data and as SQL."""

import pytest

from shareable_backlog.database.backlog.selection.item_orders import ORDERS, OrderName, name_position


def test_an_order_sorts_items_as_its_index_does_and_rows_by_the_keys_they_carry() -> None:
    order = ORDERS["priority"]
    assert order.render_columns() == "mod(5 - i.priority, 5) AS key_0, i.updated_at AS key_1"
    assert order.render_sort() == "ORDER BY mod(5 - i.priority, 5) DESC, i.updated_at DESC, i.id DESC"
    assert order.render_final_sort("c") == "ORDER BY c.key_0 DESC, c.key_1 DESC, c.id DESC"
    assert order.render_position("c") == "json_build_array(c.key_0, c.key_1, c.id)"


def test_a_rank_stands_before_the_keys_of_rows_but_in_no_index() -> None:
    order = ORDERS["relevance"]
    assert order.render_columns() == "i.updated_at AS key_1"
    assert order.render_sort() == "ORDER BY i.updated_at DESC, i.id DESC"
    assert order.render_final_sort("c") == "ORDER BY c.key_0 DESC, c.key_1 DESC, c.id DESC"


@pytest.mark.parametrize("name", ORDERS)
def test_a_position_has_a_parameter_for_each_key_that_is_asked_for(name: OrderName) -> None:
    order = ORDERS[name]
    params = name_position((*(1.0 for _ in order.types), "item"))
    text = order.render_after("d.rank" if order.ranking else "")
    assert all(f"%({name})s" in text for name in params)
    assert text % dict.fromkeys(params, "")
    assert name_position(None) == {}
