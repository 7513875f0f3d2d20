# cantil.mk - migrations compiled into a program, for GNU make:
#
#     include $(shell pkg-config --variable=embeddir cantil)/cantil.mk
#     $(eval $(call cantil_embed,migrations,db/migrations,app_migrations))
#
# gives rules for migrations.c and migrations.h with the revisions of the folder db/migrations in a variable
# app_migrations. Both are made anew when a revision is edited, added or removed; a broken one fails the build.
# CANTIL is the program that does it, when it is not the installed one (cross builds).

CANTIL ?= $(shell $(or $(PKG_CONFIG),pkg-config) --variable=cantil cantil)

# $(1): where to, without .c; $(2): the folder; $(3): the variable, else "migrations"
define cantil_embed
$(1).c: $(2) $(2)/versions
	$$(CANTIL) embed $(2) --name $(or $(3),migrations) --output $(1).c --header $(1).h --depfile $(1).d
$(1).h: $(1).c
	@touch $(1).h
-include $(1).d
endef
