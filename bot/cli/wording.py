"""`python -m bot wording`."""

from __future__ import annotations

import argparse

from bot.cli.common import with_runtime
from bot.rendering import overrides
from core.catalog import shop_search
from core.db.runtime import Runtime
from core.errors import InvalidValue, NotReady
from core.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Show or set a shop's own wording of a message."""

    async def word(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        async with runtime.read_transaction() as ctx:
            shop = await shop_search.shop_by_keyword(ctx, options.shop)
            if shop is None:
                raise NotReady(reason=f"no shop has the keyword {options.shop}")
            own = await overrides.load_overrides(ctx, shop.id)
        key, language = options.key, options.lang
        if key is None:
            for name in overrides.OVERRIDABLE_KEYS:
                said = ", ".join(sorted(own.get(name, ())))
                fields = ", ".join(sorted(overrides.template_fields(name)))
                print(f"{name}  {{{fields}}}  {said}".rstrip())
            return
        now = own.get(key, {}).get(language) or overrides.default_template(key, language)
        if options.drop:
            await runtime.run(lambda ctx: overrides.remove_override(ctx, shop.id, key, language))
            print(overrides.default_template(key, language))
            return
        template = options.text or now
        do = (
            overrides.preview_override
            if options.dry_run or options.text is None
            else overrides.set_override
        )
        try:
            seen = await runtime.run(lambda ctx: do(ctx, shop.id, key, language, template))
        except InvalidValue as error:
            raise NotReady(reason=overrides.explain_error(error, key)) from None
        print(seen.template, seen.text, f"{seen.segments} SMS, {seen.sms_encoding}", sep="\n")
        for remark in seen.remarks:
            print(f"mind: {remark}")

    with_runtime(settings, word)
