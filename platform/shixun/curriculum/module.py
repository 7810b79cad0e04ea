"""Curriculum: courses, lessons, question banks and labs, read from packs into the database."""

from shixun.core.module import Module

MODULE = Module(name="shixun.curriculum", imports=["shixun.curriculum.models"])
